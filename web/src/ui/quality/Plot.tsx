/** Some lines over the time of a call, drawn by uPlot; a moment that all plots share, and what came to pass as dashes. */
import type { Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { t } from '../../i18n'
import { hms } from '../format'

export type Tone = 'first' | 'second' | 'third'

export interface PlotLine {
  word: string
  values: readonly (number | null)[]
  tone: Tone
}

export interface PlotProps {
  title: string
  unit: string
  /** UTC ms, the same for every plot. */
  at: readonly number[]
  lines: readonly PlotLine[]
  /** UTC ms of what explains a step. */
  marks: readonly number[]
  /** Index in `at` that everybody looks at. */
  moment: Signal<number>
  /** The scale reaches at least so far. */
  least: number
}

const HEIGHT_PX = 132
const INK: Record<Tone, { colour: string; dash?: number[] }> = {
  first: { colour: '--brand' },
  second: { colour: '--info', dash: [6, 3] },
  third: { colour: '--warn-text', dash: [2, 3] },
}

/** 1 240, 37, 3.2, 0.4: as many figures as tell something. */
export const figure = (value: number): string =>
  value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1)

function optionsOf(props: PlotProps, width: number, ink: (name: string) => string): uPlot.Options {
  const { moment, marks, least } = props
  const axis = { stroke: ink('--text-3'), grid: { stroke: ink('--line'), width: 1 }, ticks: { show: false } }
  const font = `12px ${ink('--font')}`
  return {
    width,
    height: HEIGHT_PX,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true },
      y: { range: (_plot, _low, high) => [0, Math.max(least, (high ?? 0) * 1.08)] },
    },
    axes: [
      { ...axis, font, size: 26, space: 84, values: (_plot, ticks) => ticks.map((s) => hms(s * 1000)) },
      { ...axis, font, size: 52, space: 34, values: (_plot, ticks) => ticks.map(figure) },
    ],
    series: [
      {},
      ...props.lines.map(({ word, tone }) => ({
        label: word,
        stroke: ink(INK[tone].colour),
        dash: INK[tone].dash,
        width: 2,
        points: { show: props.at.length < 30, size: 5 },
      })),
    ],
    hooks: {
      setCursor: [
        (plot) => {
          if (typeof plot.cursor.idx === 'number') moment.value = plot.cursor.idx
        },
      ],
      draw: [
        ({ ctx, bbox, valToPos }) => {
          ctx.save()
          ctx.strokeStyle = ink('--text-3')
          ctx.setLineDash([3, 3])
          for (const at of marks) {
            const x = Math.round(valToPos(at / 1000, 'x', true))
            if (x < bbox.left || x > bbox.left + bbox.width) continue
            ctx.beginPath()
            ctx.moveTo(x, bbox.top)
            ctx.lineTo(x, bbox.top + bbox.height)
            ctx.stroke()
          }
          ctx.restore()
        },
      ],
    },
  }
}

/** What one line says at one moment. */
export function said(line: PlotLine, index: number, unit: string): string {
  const value = line.values[index]
  return value === null || value === undefined ? t('figures.hole') : `${figure(value)} ${unit}`.trim()
}

export function Plot(props: PlotProps) {
  const { title, unit, at, lines, moment, marks } = props
  const box = useRef<HTMLDivElement>(null)
  const index = moment.value
  const plot = useRef<uPlot | null>(null)

  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    const styles = getComputedStyle(element)
    const ink = (name: string): string => styles.getPropertyValue(name).trim()
    const data = [at.map((ms) => ms / 1000), ...lines.map(({ values }) => [...values])] as uPlot.AlignedData
    const made = new uPlot(optionsOf(props, element.clientWidth, ink), data, element)
    plot.current = made
    const watch = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: HEIGHT_PX })
    })
    watch.observe(element)
    return () => {
      watch.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [at, lines, marks])

  useEffect(() => {
    const made = plot.current
    const ms = at[index]
    if (!made || ms === undefined || made.cursor.idx === index) return
    made.setCursor({ left: made.valToPos(ms / 1000, 'x'), top: 0 })
  }, [index, at])

  return (
    <figure class="plot card">
      <figcaption class="plot-head">
        <h3>
          {title} {unit && <span class="second">{unit}</span>}
        </h3>
        <ul class="plot-words">
          {lines.map((line) => (
            <li key={line.word} data-tone={line.tone}>
              <i class="plot-ink" aria-hidden="true" />
              <span class="second">{line.word}</span> <strong class="num">{said(line, index, '')}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot-box" ref={box} aria-hidden="true" />
    </figure>
  )
}
