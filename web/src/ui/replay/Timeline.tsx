/** One timeline for everything: who was filmed when, what is missing and why, and events by shape. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chapter, Replay } from '../../contract'
import { t } from '../../i18n'
import type { Player } from '../../model/api'
import { clock, span } from '../format'
import { grouped, merged, percent, ticks } from './marks'

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

/** A mark is 24 px wide and none may lie on another. */
const MARK_PX = 26

function ChapterMark(props: {
  chapters: Chapter[]
  at: number
  label: (id: string) => string
  onClick: () => void
}) {
  const mark = useRef<HTMLButtonElement>(null)
  const chapter = props.chapters[0]!
  useEffect(() => {
    if (mark.current) mark.current.style.left = `${props.at}%`
  }, [props.at])
  const words = props.chapters
    .map((one) => `${clock(one.t_s)} ${chapterWords(one, props.label)}`)
    .join(t('list.comma'))
  return (
    <button
      ref={mark}
      type="button"
      class="chapter"
      data-kind={chapter.kind}
      data-testid="chapter"
      data-t={chapter.t_s}
      data-count={props.chapters.length > 1 ? props.chapters.length : undefined}
      aria-label={words}
      title={words}
      onClick={props.onClick}
    >
      <i aria-hidden="true" />
    </button>
  )
}

/** The width of an element in px, as it changes. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(800)
  useEffect(() => {
    const box = element.current
    if (!box || typeof ResizeObserver === 'undefined') return undefined
    const observer = new ResizeObserver(() => setWidth(box.clientWidth || 800))
    observer.observe(box)
    return () => observer.disconnect()
  }, [])
  return { element, width }
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
  const events = useWidth()
  const gaps = merged(replay.gaps)
  const paused = replay.chapters.some(({ kind }) => kind === 'held')

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
        <div class="lane-track" ref={events.element}>
          {grouped(replay.chapters, (duration * MARK_PX) / events.width).map((group) => (
            <ChapterMark
              key={`${group[0]!.t_s}-${group.length}`}
              chapters={group}
              at={percent(group[0]!.t_s, duration)}
              label={label}
              onClick={() => player.seek(group[0]!.t_s)}
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
        {(['joined', 'left', 'still', 'chat', ...(paused ? (['held'] as const) : [])] as const).map(
          (kind) => (
            <span class="legend-item" key={kind}>
              <span class="chapter" data-kind={kind} aria-hidden="true">
                <i />
              </span>
              {t(`chapter.legend_${kind}`)}
            </span>
          ),
        )}
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
