/**
 * Looks whether this browser could be in a call: the server, each way of media, camera and microphone, and the device.
 *
 * The same for whoever stands before it and for the night. Unattended, nothing is done that makes the browser ask.
 */
import type { ReadonlySignal } from '@preact/signals'
import { batch, signal } from '@preact/signals'
import type { Ice, ProbeAnswer, ProbeOffer } from '../contract'
import { asRefusal } from '../link/refusal'
import { canCapture } from '../rtc/devices'
import { glance } from '../rtc/glance'
import { listen } from '../rtc/listen'
import type { ProbeResult } from '../rtc/probe'
import { probe } from '../rtc/probe'
import type { CaptureState, Check, CheckUp, LinkState } from './api'
import * as device from './device'
import {
  judgeBattery,
  judgeBrowser,
  judgeCamera,
  judgeClock,
  judgeMicrophone,
  judgeStorage,
  judgeUpload,
  judgeVersion,
} from './findings'
import { judgeDirect, judgeRelay, reached } from './verdict'

/** A socket that has just been lost is mostly back by then. */
const LINK_MS = 3000
/** Workers probed at once; the largest machines have more, and then the first ones tell enough. */
const MAX_WORKERS = 8
/** The first bytes wake the connection; a link that needs this long for them needs no more to be known. */
const FIRST_BYTES = 32 * 1024
const UPLOAD_BYTES = 128 * 1024
const SLOW_FIRST_MS = 1300
/** Of a whole look: a browser that never says whether a camera opens would otherwise be waited for without end. */
const ALL_MS = 60_000
/** What has not gone out by then is too slow, whatever it is. */
const UPLOAD_MS = 8000

export interface Body {
  link: ReadonlySignal<LinkState>
  capture: ReadonlySignal<CaptureState>
  camera: ReadonlySignal<MediaStreamTrack | null>
  microphone: ReadonlySignal<MediaStreamTrack | null>
  openDevices: () => Promise<void>
  closeDevices: () => void
  /** How far this clock is before the server's; null while that is not known. */
  aheadMs: () => number | null
  /** Rejects with a Refusal, as the three below. */
  ways: () => Promise<Ice>
  ask: (offer: ProbeOffer) => Promise<ProbeAnswer>
  upload: (bytes: Blob, signal?: AbortSignal) => Promise<unknown>
  /** Whether the server answers at all. */
  knock: () => Promise<unknown>
}

const ORDER: readonly Check['name'][] = [
  'link',
  'version',
  'browser',
  'media',
  'relay',
  'upload',
  'camera',
  'microphone',
  'storage',
  'clock',
  'battery',
]

interface Asked {
  attended: boolean
  signal?: AbortSignal
}

/** One look. What comes of it after it was given up is not shown, and closes nothing. */
interface Run extends Asked {
  /** Given up by whoever asked, or for lasting too long. */
  signal: AbortSignal
  /** Camera and microphone were asked for, nobody has to be asked whether they may, and nothing has come. */
  opening: boolean
  put: (...news: Check[]) => void
  drop: (name: Check['name']) => void
  closeDevices: () => void
}

export function createCheckUp(body: Body): CheckUp {
  const found = signal<readonly Check[]>([])
  const running = signal(false)

  let newest: Run | null = null

  const begin = (attended: boolean, signal: AbortSignal): Run => {
    const mine: Run = {
      attended,
      signal,
      opening: false,
      put: (...news) => {
        if (newest !== mine) return
        const names = news.map((check) => check.name)
        found.value = ORDER.flatMap((name) => {
          const check = (names.includes(name) ? news : found.peek()).find((one) => one.name === name)
          return check ? [check] : []
        })
      },
      drop: (name) => {
        if (newest === mine) found.value = found.peek().filter((check) => check.name !== name)
      },
      closeDevices: () => {
        if (newest === mine) body.closeDevices()
      },
    }
    newest = mine
    return mine
  }

  const link = async ({ put }: Run): Promise<void> => {
    const online = (): boolean => body.link.peek() === 'online'
    const untilMs = performance.now() + LINK_MS
    while (!online() && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 100))
    const startMs = performance.now()
    const answered = await body.knock().then(
      () => true,
      () => false,
    )
    const rttMs = answered ? performance.now() - startMs : null
    const lines = [`socket ${body.link.peek()}, https ${answered ? 'answered' : 'no answer'}`]
    if (online() && answered) put({ name: 'link', state: 'good', words: 'doctor.link_good', rttMs, lines })
    else
      put({
        name: 'link',
        state: 'bad',
        words: answered ? 'doctor.link_no_socket' : 'doctor.link_no_server',
        rttMs,
        lines,
      })
  }

  const devices = async (mine: Run): Promise<void> => {
    const { attended, signal, put, closeDevices } = mine
    const both = ['camera', 'microphone'] as const
    const allowed = await Promise.all(both.map((kind) => device.permission(kind)))
    if (!attended && allowed.includes('prompt')) {
      for (const [at, name] of both.entries())
        put(
          allowed[at] === 'prompt'
            ? { name, state: 'bad', words: `doctor.${name}_unasked`, rttMs: null, lines: ['prompt'] }
            : { name, state: 'unknown', words: 'doctor.not_opened', rttMs: null, lines: [allowed[at]!] },
        )
      return
    }
    // Nothing would close what opens after it was given up.
    if (signal.aborted) return
    const insecure = !canCapture()
    mine.opening = !insecure && !allowed.includes('prompt')
    if (!insecure) await body.openDevices()
    mine.opening = false
    // Closed meanwhile: what came is not looked at.
    if (signal.aborted) return
    const [cameraProblem, microphoneProblem] = both.map((kind, at) =>
      allowed[at] === 'denied' ? 'device_denied' : body.capture.peek()[`${kind}Problem`],
    ) as [string | null, string | null]
    const camera = body.camera.peek()
    const microphone = body.microphone.peek()
    const failed = (name: 'camera' | 'microphone', problem: string | null): void =>
      put({
        name,
        state: 'bad',
        words: `error.${problem ?? 'device_failed'}_${name}`,
        rttMs: null,
        lines: [problem ?? 'nothing came'],
      })
    const seen = async (): Promise<void> => {
      if (insecure || cameraProblem || !camera)
        return failed('camera', insecure ? 'device_insecure' : cameraProblem)
      const looked = await glance(camera, signal)
      // Where nobody sees the page a browser may hold the pictures back.
      if (looked.pictures === 0 && document.visibilityState === 'hidden')
        return put({
          name: 'camera',
          state: 'unknown',
          words: 'doctor.not_known',
          rttMs: null,
          lines: ['no picture while the page is hidden'],
        })
      put({ name: 'camera', ...judgeCamera(looked, attended) })
    }
    const heard = async (): Promise<void> => {
      if (insecure || microphoneProblem || !microphone)
        return failed('microphone', insecure ? 'device_insecure' : microphoneProblem)
      put({ name: 'microphone', ...judgeMicrophone(await listen(microphone, { ear: attended, signal })) })
    }
    await Promise.all([seen(), heard()]).finally(closeDevices)
  }

  const upload = async ({ attended, signal, put }: Run): Promise<void> => {
    const send = async (bytes: number): Promise<number> => {
      const startMs = performance.now()
      const late = AbortSignal.timeout(UPLOAD_MS)
      try {
        await body.upload(
          new Blob([new Uint8Array(bytes)]),
          attended ? late : AbortSignal.any([signal, late]),
        )
      } catch (error) {
        if (!late.aborted) throw error
      }
      return performance.now() - startMs
    }
    try {
      const firstMs = await send(FIRST_BYTES)
      const kbps =
        firstMs > SLOW_FIRST_MS
          ? (FIRST_BYTES * 8) / firstMs
          : (UPLOAD_BYTES * 8) / Math.max(1, await send(UPLOAD_BYTES))
      put({ name: 'upload', ...judgeUpload(kbps) })
    } catch (error) {
      const { code, detail } = asRefusal(error)
      put({
        name: 'upload',
        state: 'unknown',
        words: code === 'busy' || code === 'too_many' ? 'doctor.media_busy' : 'doctor.media_unasked',
        rttMs: null,
        lines: [`${code} ${detail}`],
      })
    }
  }

  /** What costs nothing; the clock's reading needs the socket, so it comes after `link`. */
  const rest = async ({ signal, put }: Run): Promise<void> => {
    put({ name: 'browser', ...judgeBrowser(device.lacks()) })
    const [current, kept, charge] = await Promise.all([
      device.isCurrent(signal),
      device.storage(),
      device.battery(),
    ])
    put({ name: 'version', ...judgeVersion(current) }, { name: 'storage', ...judgeStorage(kept) })
    const battery = judgeBattery(charge)
    if (battery) put({ name: 'battery', ...battery })
  }

  /** Straight to every worker: the first answer says which there are. */
  const direct = async (ice: Ice): Promise<ProbeResult[]> => {
    const workers = new Set<string>()
    const rest: Promise<ProbeResult[]>[] = []
    const first = await probe('direct', ice, null, async (offer) => {
      const answer = await body.ask(offer)
      workers.add(answer.worker)
      for (const worker of answer.workers) {
        if (workers.has(worker) || workers.size >= MAX_WORKERS) continue
        workers.add(worker)
        // One that has just died is none of this network's trouble.
        rest.push(
          probe('direct', ice, worker, body.ask).then(
            ({ result }) => [result],
            () => [],
          ),
        )
      }
      return answer
    })
    return [first.result, ...(await Promise.all(rest)).flat()]
  }

  const media = async ({ put, drop }: Run): Promise<void> => {
    try {
      const ice = await body.ways().catch((error: unknown): Ice => {
        // Whoever may not call is offered no relay, and may still look at the direct way.
        if (asRefusal(error).code !== 'forbidden') throw error
        return { servers: [], relay_only: false, life_s: 0 }
      })
      const urls = ice.servers.flatMap((server) => server.urls)
      if (urls.length > 0)
        put({ name: 'relay', state: 'running', words: 'doctor.looking', rttMs: null, lines: [] })
      if (ice.relay_only) drop('media')
      const [straight, relayed] = await Promise.all([
        ice.relay_only ? [] : direct(ice),
        urls.length > 0 ? probe('relay', ice, null, body.ask).then(({ result }) => result) : null,
      ])
      batch(() => {
        if (relayed) put({ name: 'relay', ...judgeRelay(relayed, urls, !straight.some(reached)) })
        if (!ice.relay_only) {
          const relay = relayed === null ? 'none' : reached(relayed) ? 'works' : 'fails'
          put({ name: 'media', ...judgeDirect(straight, relay) })
        }
      })
    } catch (error) {
      const { code, detail } = asRefusal(error)
      const words = {
        unavailable: 'doctor.media_no_worker',
        not_found: 'doctor.media_no_worker',
        busy: 'doctor.media_busy',
        too_many: 'doctor.media_busy',
        bad_sdp: 'doctor.media_codecs',
        offline: 'doctor.media_unasked',
      }[code as string]
      const busy = code === 'busy' || code === 'too_many' || code === 'offline'
      drop('relay')
      put({
        name: 'media',
        state: busy ? 'unknown' : 'bad',
        words: words ?? 'error.internal',
        rttMs: null,
        lines: [`${code} ${detail}`],
      })
    }
  }

  return {
    checks: found,
    running,
    run: async (asked = { attended: true }) => {
      if (running.peek()) return null
      running.value = true
      const over = new AbortController()
      const stop = (): void => over.abort()
      const timer = setTimeout(stop, ALL_MS)
      asked.signal?.addEventListener('abort', stop)
      const mine = begin(asked.attended, over.signal)
      over.signal.addEventListener('abort', mine.closeDevices)
      if (asked.signal?.aborted) stop()
      found.value = []
      for (const name of ['link', 'media', 'upload', 'camera', 'microphone'] as const)
        mine.put({
          name,
          state: 'running',
          words: name === 'camera' || name === 'microphone' ? 'check.asking' : 'doctor.looking',
          rttMs: null,
          lines: [],
        })
      try {
        // The upload fills the link for a moment: the way of media is measured before, not beside it.
        const ways = media(mine).then(() => (over.signal.aborted ? undefined : upload(mine)))
        const linked = link(mine).then(() => mine.put({ name: 'clock', ...judgeClock(body.aheadMs()) }))
        const all = Promise.allSettled([linked, ways, devices(mine), rest(mine)])
        await Promise.race([all, aborted(over.signal)])
        for (const check of found.peek())
          if (check.state === 'running') mine.put(unfinished(check, mine.opening))
        return asked.signal?.aborted ? null : found.peek()
      } finally {
        clearTimeout(timer)
        asked.signal?.removeEventListener('abort', stop)
        newest = null
        running.value = false
      }
    },
    close: () => body.closeDevices(),
  }
}

/** What was still looked at in the end. A camera that may open and does not is no riddle: no call will have it. */
function unfinished(check: Check, opening: boolean): Check {
  if (opening && (check.name === 'camera' || check.name === 'microphone'))
    return { ...check, state: 'bad', words: `error.device_failed_${check.name}`, lines: ['never opened'] }
  return { ...check, state: 'unknown', words: 'doctor.not_known' }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
