/** Pointers over a picture: takes one's own moves as frame coordinates and draws everybody's dot with its fading trail. */
import { useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../../i18n'
import type { Pointer } from '../../model/api'
import { fromFrame, toFrame, type Fit, type Spot } from '../frame'
import { useModel } from '../model'

const TRAIL_MS = 1200
const DOT_PX = 11

export interface PointerLayerProps {
  /** Whose picture lies under it. */
  on: string
  video: HTMLVideoElement | null
  mirrored?: boolean
  fit: Fit
  /** move: every move of the mouse points (the expert); press: only while pressed; off. */
  takes: 'move' | 'press' | 'off'
}

/** Draws the trails of `pointers`, oldest first; each author's last point is the dot. */
function draw(
  context: CanvasRenderingContext2D,
  pointers: readonly Pointer[],
  now: number,
  place: (spot: Spot) => Spot,
  ink: { dot: string; edge: string },
): Map<string, Spot> {
  const last = new Map<string, Spot>()
  const before = new Map<string, { spot: Spot; atMs: number }>()
  context.lineCap = 'round'
  for (const pointer of pointers) {
    const age = now - pointer.atMs
    if (age > TRAIL_MS) continue
    const spot = place(pointer)
    const from = before.get(pointer.by)
    if (from && pointer.atMs - from.atMs < 250) {
      context.globalAlpha = Math.max(0, 1 - age / TRAIL_MS) * 0.7
      context.strokeStyle = ink.dot
      context.lineWidth = 6
      context.beginPath()
      context.moveTo(from.spot.x, from.spot.y)
      context.lineTo(spot.x, spot.y)
      context.stroke()
    }
    before.set(pointer.by, { spot, atMs: pointer.atMs })
    last.set(pointer.by, spot)
  }
  for (const [by, spot] of last) {
    const age = now - before.get(by)!.atMs
    context.globalAlpha = Math.min(1, Math.max(0, 2 - (2 * age) / TRAIL_MS))
    context.fillStyle = ink.edge
    context.beginPath()
    context.arc(spot.x, spot.y, DOT_PX, 0, 2 * Math.PI)
    context.fill()
    context.fillStyle = ink.dot
    context.beginPath()
    context.arc(spot.x, spot.y, DOT_PX - 3, 0, 2 * Math.PI)
    context.fill()
  }
  context.globalAlpha = 1
  return last
}

export function PointerLayer(props: PointerLayerProps) {
  const model = useModel()
  const canvas = useRef<HTMLCanvasElement>(null)
  const running = useRef(0)
  const latest = useRef(props)
  latest.current = props

  const frameOf = (video: HTMLVideoElement | null): { width: number; height: number } => ({
    width: video?.videoWidth ?? 0,
    height: video?.videoHeight ?? 0,
  })

  const paint = (): void => {
    const board = canvas.current
    const context = board?.getContext('2d')
    if (!board || !context) return
    const { clientWidth: width, clientHeight: height } = board
    const ratio = devicePixelRatio || 1
    if (board.width !== Math.round(width * ratio) || board.height !== Math.round(height * ratio)) {
      board.width = Math.round(width * ratio)
      board.height = Math.round(height * ratio)
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    const { on, video, fit, mirrored } = latest.current
    const styles = getComputedStyle(board)
    const ink = {
      dot: styles.getPropertyValue('--rec').trim() || 'red',
      edge: styles.getPropertyValue('--mark-4').trim() || 'white',
    }
    const now = performance.now()
    const mine = model.pointers
      .peek()
      .filter((pointer) => pointer.on === on && now - pointer.atMs <= TRAIL_MS)
    const box = { width, height }
    const last = draw(context, mine, now, (spot) => fromFrame(spot, box, frameOf(video), fit, mirrored), ink)
    board.dataset.pointing = [...last.keys()].join(' ')
    running.current = mine.length > 0 ? requestAnimationFrame(paint) : 0
  }
  useSignalEffect(() => {
    if (model.pointers.value.length > 0 && running.current === 0)
      running.current = requestAnimationFrame(paint)
  })
  useEffect(() => () => cancelAnimationFrame(running.current), [])

  const send = (event: JSX.TargetedPointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect()
    const spot = toFrame(
      { x: event.clientX - box.left, y: event.clientY - box.top },
      box,
      frameOf(props.video),
      props.fit,
      props.mirrored,
    )
    if (spot) model.point(props.on, spot.x, spot.y)
  }
  const takes = props.takes

  return (
    <div
      class="pointer-layer"
      data-takes={takes}
      data-testid="pointer-layer"
      data-on={props.on}
      role="img"
      aria-label={t('call.pointer_layer')}
      onPointerDown={(event) => {
        if (takes === 'off' || event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        send(event)
      }}
      onPointerMove={(event) => {
        if (takes === 'move' || (takes === 'press' && event.buttons > 0)) send(event)
      }}
    >
      <canvas ref={canvas} data-testid="pointer-dots" aria-hidden="true" />
    </div>
  )
}
