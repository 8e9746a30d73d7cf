/** What was written, photographed, who came and went: each line at its second, the present one marked and in sight. */
import { Camera, LogIn, LogOut, Pause, Play } from 'lucide-preact'
import type { LucideIcon } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ChapterKind, Replay } from '../../contract'
import { t } from '../../i18n'
import type { Player } from '../../model/api'
import { StillDialog } from '../call/Stills'
import { clock } from '../format'
import { useModel } from '../model'
import { chapterWords } from './Timeline'

type Tab = 'all' | 'chat' | 'still'

const SIGNS: Partial<Record<ChapterKind, LucideIcon>> = {
  still: Camera,
  joined: LogIn,
  left: LogOut,
  held: Pause,
  resumed: Play,
}

function Sign(props: { kind: ChapterKind }) {
  const Icon = SIGNS[props.kind]
  return Icon ? <Icon class="icon" size={16} aria-hidden="true" /> : null
}

/** Moves only the list: `scrollIntoView` would push an upright page, which may be a little too tall, off its title. */
function reveal(list: HTMLElement, line: Element): void {
  const box = list.getBoundingClientRect()
  const { top, bottom } = line.getBoundingClientRect()
  if (top < box.top) list.scrollTop -= box.top - top
  else if (bottom > box.bottom) list.scrollTop += bottom - box.bottom
}

export function RunningPanel(props: { replay: Replay; player: Player; label: (id: string) => string }) {
  const model = useModel()
  const { replay, player, label } = props
  const [tab, setTab] = useState<Tab>('all')
  const [open, setOpen] = useState<number | null>(null)
  const list = useRef<HTMLOListElement>(null)
  const now = player.t.value
  const chapters = replay.chapters.filter((chapter) => tab === 'all' || chapter.kind === tab)
  const stills = replay.chapters.filter((chapter) => chapter.kind === 'still' && chapter.still)
  const present = chapters.findLastIndex((chapter) => chapter.t_s <= now + 0.05)
  useEffect(() => {
    const line = list.current?.children[present]
    if (line && !list.current?.matches(':hover')) reveal(list.current!, line)
  }, [present])
  const large = open === null ? undefined : stills[open]?.still
  const count = (kind: Tab): number =>
    kind === 'all'
      ? replay.chapters.length
      : replay.chapters.filter((chapter) => chapter.kind === kind).length

  return (
    <aside class="running" aria-label={t('replay.panel')}>
      <div class="tabs" role="tablist">
        {(['all', 'chat', 'still'] as const).map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            class="tab"
            aria-selected={tab === one}
            onClick={() => setTab(one)}
            data-testid={`running-${one}`}
          >
            {t(`replay.tab_${one}`)} <span class="num">{count(one)}</span>
          </button>
        ))}
      </div>
      {chapters.length === 0 ? (
        <p class="second running-none">{t(`replay.none_${tab}`)}</p>
      ) : (
        <ol class="running-list" ref={list}>
          {chapters.map((chapter, index) => (
            <li key={`${chapter.t_s}-${index}`} data-now={index === present ? '' : undefined}>
              <button
                type="button"
                class="running-line"
                data-testid="running-line"
                aria-current={index === present ? 'true' : undefined}
                onClick={() => player.seek(chapter.t_s)}
              >
                <span class="running-time num">{clock(chapter.t_s)}</span>
                {chapter.kind === 'chat' && chapter.message ? (
                  <span class="running-words">
                    <strong>{label(chapter.person)}</strong>
                    <span>{chapter.message.body}</span>
                  </span>
                ) : (
                  <span class="running-words running-fact">
                    <Sign kind={chapter.kind} />
                    {chapterWords(chapter, label)}
                  </span>
                )}
              </button>
              {chapter.still && (
                <button
                  type="button"
                  class="running-still"
                  onClick={() => setOpen(stills.indexOf(chapter))}
                  aria-label={t('still.open')}
                >
                  <img src={model.stillUrl(replay.entry.room, chapter.still.id)} alt="" loading="lazy" />
                </button>
              )}
            </li>
          ))}
        </ol>
      )}
      {large && (
        <StillDialog
          room={replay.entry.room}
          still={large}
          number={(open ?? 0) + 1}
          onClose={() => setOpen(null)}
        />
      )}
    </aside>
  )
}
