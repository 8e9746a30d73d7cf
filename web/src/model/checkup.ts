/** Looks whether this browser could be in a call: the server, camera and microphone, and each way of media. */
import type { ReadonlySignal } from '@preact/signals'
import { batch, signal } from '@preact/signals'
import type { Ice, ProbeAnswer, ProbeOffer } from '../contract'
import { asRefusal } from '../link/refusal'
import { canCapture } from '../rtc/devices'
import type { ProbeResult } from '../rtc/probe'
import { probe } from '../rtc/probe'
import type { CaptureState, Check, CheckUp, LinkState } from './api'
import { judgeDirect, judgeRelay, reached } from './verdict'

/** A socket that has just been lost is mostly back by then. */
const LINK_MS = 3000
/** Workers probed at once; the largest machines have more, and then the first ones tell enough. */
const MAX_WORKERS = 8

export interface Body {
  link: ReadonlySignal<LinkState>
  capture: ReadonlySignal<CaptureState>
  openDevices: () => Promise<void>
  closeDevices: () => void
  /** Rejects with a Refusal, as the two below. */
  ways: () => Promise<Ice>
  ask: (offer: ProbeOffer) => Promise<ProbeAnswer>
  /** Whether the server answers at all. */
  knock: () => Promise<unknown>
}

const ORDER: readonly Check['name'][] = ['link', 'media', 'relay', 'camera', 'microphone']

export function createCheckUp(body: Body): CheckUp {
  const found = signal<readonly Check[]>([])
  const running = signal(false)

  const put = (...news: Check[]): void => {
    const names = news.map((check) => check.name)
    found.value = ORDER.flatMap((name) => {
      const check = (names.includes(name) ? news : found.peek()).find((one) => one.name === name)
      return check ? [check] : []
    })
  }

  const link = async (): Promise<void> => {
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

  const devices = async (): Promise<void> => {
    const insecure = !canCapture()
    if (!insecure) await body.openDevices()
    const { cameraProblem, microphoneProblem } = body.capture.peek()
    body.closeDevices()
    const judge = (name: 'camera' | 'microphone', problem: string | null): Check => ({
      name,
      state: problem ? 'bad' : 'good',
      words: problem ? `error.${problem}_${name}` : `check.${name}_good`,
      rttMs: null,
      lines: [problem ?? 'ok'],
    })
    put(
      judge('camera', insecure ? 'device_insecure' : cameraProblem),
      judge('microphone', insecure ? 'device_insecure' : microphoneProblem),
    )
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

  const media = async (): Promise<void> => {
    try {
      const ice = await body.ways().catch((error: unknown): Ice => {
        // Whoever may not call is offered no relay, and may still look at the direct way.
        if (asRefusal(error).code !== 'forbidden') throw error
        return { servers: [], relay_only: false, life_s: 0 }
      })
      const urls = ice.servers.flatMap((server) => server.urls)
      if (urls.length > 0)
        put({ name: 'relay', state: 'running', words: 'doctor.looking', rttMs: null, lines: [] })
      if (ice.relay_only) found.value = found.value.filter((check) => check.name !== 'media')
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
      found.value = found.value.filter((check) => check.name !== 'relay')
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
    run: async () => {
      if (running.peek()) return
      running.value = true
      const look = (name: Check['name'], words = 'doctor.looking'): Check => ({
        name,
        state: 'running',
        words,
        rttMs: null,
        lines: [],
      })
      found.value = [
        look('link'),
        look('media'),
        look('camera', 'check.asking'),
        look('microphone', 'check.asking'),
      ]
      try {
        await Promise.all([link(), media(), devices()])
      } finally {
        running.value = false
      }
    },
    close: () => body.closeDevices(),
  }
}
