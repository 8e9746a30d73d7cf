/** One timeline for everything: who was filmed when, what is missing and why, and events by shape. */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Chapter, Replay } from '../../contract'
import { t } from '../../i18n'
import type { Player } from '../../model/api'
import { clock, span } from '../format'
import { merged, percent, ticks } from './marks'

/** A child whose place is set by script, since the page allows no inline styles. */
function Placed(props: {
  from: number
  to?: number
  class: string
  children?: JSX.Element | string
  title?: string
}) {
  const box = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    if (!box.current) return
    box.current.style.left = `${props.from}%`
    if (props.to !== undefined) box.current.style.width = `${Math.max(0, props.to - props.from)}%`
  }, [props.from, props.to])
  return (
    <span ref={box} class={props.class} title={props.title}>
      {props.children}
    </span>
  )
}

export function chapterWords(chapter: Chapter, label: (id: string) => string): string {
  return t(`chapter.${chapter.kind}`, { name: label(chapter.person) })
}

function ChapterMark(props: {
  chapter: Chapter
  at: number
  label: (id: string) => string
  onClick: () => void
}) {
  const mark = useRef<HTMLButtonElement>(null)
  const { chapter } = props
  useEffect(() => {
    if (mark.current) mark.current.style.left = `${props.at}%`
  }, [props.at])
  const words = `${clock(chapter.t_s)} ${chapterWords(chapter, props.label)}`
  return (
    <button
      ref={mark}
      type="button"
      class="chapter"
      data-kind={chapter.kind}
      data-testid="chapter"
      data-t={chapter.t_s}
      aria-label={words}
      title={words}
      onClick={props.onClick}
    >
      <i aria-hidden="true" />
    </button>
  )
}

export function Timeline(props: { replay: Replay; player: Player; label: (id: string) => string }) {
  const { replay, player, label } = props
  const duration = player.durationS
  const head = useRef<HTMLSpanElement>(null)
  const now = player.t.value
  useEffect(() => {
    if (head.current) head.current.style.left = `${percent(now, duration)}%`
  }, [now, duration])
  const section = useRef<HTMLElement>(null)
  useEffect(() => section.current?.style.setProperty('--lanes', String(player.people.length + 2)), [player])
  const gaps = merged(replay.gaps)

  return (
    <section class="timeline" ref={section} aria-label={t('replay.timeline')}>
      <div class="playhead-lane" aria-hidden="true">
        <span class="playhead" ref={head}>
          <b class="num">{clock(now)}</b>
        </span>
      </div>
      <div class="lane lane-ruler" aria-hidden="true">
        <span class="lane-name" />
        <div class="lane-track">
          {ticks(duration).map((at) => (
            <Placed key={at} class="ruler" from={percent(at, duration)}>
              {clock(at)}
            </Placed>
          ))}
        </div>
      </div>
      {player.people.map((id, row) => (
        <div class="lane" key={id} data-row={row % 2} data-testid={`lane-${id}`}>
          <span class="lane-name">{label(id)}</span>
          <div class="lane-track">
            {player.partsOf(id).map((part) => (
              <Placed
                key={part.file}
                class="part"
                from={percent(part.offset_s, duration)}
                to={percent(part.offset_s + part.duration_s, duration)}
              />
            ))}
            {gaps
              .filter((gap) => gap.participant === id)
              .map((gap) => (
                <Placed
                  key={`${gap.start_s}-${gap.reason}`}
                  class={`gap gap-${gap.reason}`}
                  from={percent(gap.start_s, duration)}
                  to={percent(gap.end_s, duration)}
                  title={t(`gap.${gap.reason}`)}
                />
              ))}
          </div>
        </div>
      ))}
      <div class="lane lane-events">
        <span class="lane-name">{t('replay.events')}</span>
        <div class="lane-track">
          {replay.chapters.map((chapter, index) => (
            <ChapterMark
              key={`${chapter.t_s}-${index}`}
              chapter={chapter}
              at={percent(chapter.t_s, duration)}
              label={label}
              onClick={() => player.seek(chapter.t_s)}
            />
          ))}
        </div>
      </div>
      <div class="lane lane-seek">
        <span class="lane-name" />
        <div class="lane-track">
          <input
            type="range"
            class="seek"
            min={0}
            max={Math.max(0.1, duration)}
            step={0.1}
            value={now}
            aria-label={t('replay.seek')}
            aria-valuetext={t('replay.position', { at: span(now), of: span(duration) })}
            data-testid="replay-seek"
            onInput={(event) => player.seek(Number(event.currentTarget.value))}
          />
        </div>
      </div>
      <div class="legend-row">
        {(['joined', 'left', 'still', 'chat'] as const).map((kind) => (
          <span class="legend-item" key={kind}>
            <span class="chapter" data-kind={kind} aria-hidden="true">
              <i />
            </span>
            {t(`chapter.legend_${kind}`)}
          </span>
        ))}
        {gaps.map((gap) => (
          <span class="legend-item" key={`${gap.participant}${gap.start_s}`} data-testid="gap">
            <span class={`gap-sign gap-${gap.reason}`} aria-hidden="true" />
            {t('gap.line', {
              at: clock(gap.start_s),
              name: label(gap.participant),
              what: t(`gap.${gap.reason}`),
              time: span(gap.end_s - gap.start_s),
            })}
          </span>
        ))}
      </div>
    </section>
  )
}
