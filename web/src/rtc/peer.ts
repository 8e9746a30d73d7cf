/**
 * One PeerConnection with the media worker: one offer, one answer, then only slots change.
 *
 * Make it, `open` it, and let it go with `close`; it never reconnects by itself. That is media.ts's work.
 */
import type { Codec, Ice, Layout, ServerData, SlotFill, Source } from '../contract'
import type { Layer, Sections } from './offer'
import { FIRST_LAYERS, LAYERS, addSections, offered } from './offer'
import type { Step } from './sizes'

export type MovedReason = Extract<ServerData, { type: 'moved' }>['reason']

export interface PeerEvents {
  /** The data channel is open: call `ready` to take over, or `close`. */
  onOpen: () => void
  onSlots: (slots: readonly SlotFill[]) => void
  onPointed: (pointed: Extract<ServerData, { type: 'pointed' }>) => void
  /** The server closed it on purpose. */
  onMoved: (reason: MovedReason) => void
  onState: (state: RTCPeerConnectionState) => void
  /** The data channel closed without a word. */
  onSilent: () => void
}

/** Tracks to publish, by section; null sends nothing. */
export type Tracks = Record<Source, MediaStreamTrack | null>

const POINT_BACKLOG_BYTES = 4096

export class Peer {
  readonly pc: RTCPeerConnection
  private readonly sections: Sections
  private slotsVer = -1
  private closed = false
  private layers: readonly Layer[] = FIRST_LAYERS
  private tuning: Promise<void> = Promise.resolve()
  private readonly sizes = new Map<string, Step>()
  private tracks: Tracks = { microphone: null, camera: null, screen: null, screen_sound: null }
  slots: readonly SlotFill[] = []

  /** `gen` is its number among those of this tab, `pc_gen` of the protocol. */
  constructor(
    readonly gen: number,
    layout: Layout,
    readonly layered: boolean,
    private readonly events: PeerEvents,
  ) {
    this.pc = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' })
    this.sections = addSections(this.pc, layout, layered)
    this.pc.onconnectionstatechange = () => {
      if (!this.closed) events.onState(this.pc.connectionState)
    }
    const { channel } = this.sections
    channel.onopen = () => {
      if (!this.closed) events.onOpen()
    }
    channel.onmessage = (event: MessageEvent<string>) => this.take(JSON.parse(event.data) as ServerData)
    channel.onclose = () => {
      if (!this.closed) events.onSilent()
    }
  }

  /**
   * Negotiates; `ice` says which ways media may take, `answer` turns our offer into the server's answer. Rejects with
   * what they or the browser throw.
   */
  async open(ice: Promise<Ice>, answer: (sdp: string) => Promise<string>): Promise<void> {
    const { servers, relay_only } = await ice
    if (this.closed) return
    this.pc.setConfiguration({
      bundlePolicy: 'max-bundle',
      iceServers: servers,
      iceTransportPolicy: relay_only ? 'relay' : 'all',
    })
    await this.pc.setLocalDescription()
    const sdp = await answer(offered(this.pc.localDescription?.sdp ?? ''))
    if (this.closed) return
    await this.pc.setRemoteDescription({ type: 'answer', sdp })
    await this.tuneCamera()
  }

  /** Says that all is in place: the server fills the slots, and closes the connection that this one replaces. */
  ready(): void {
    this.sections.channel.send(JSON.stringify({ type: 'ready' }))
  }

  /** Publishes these tracks; the sections stay. */
  async publish(tracks: Tracks): Promise<void> {
    const changed = (Object.keys(tracks) as Source[]).filter(
      (source) => tracks[source] !== this.tracks[source],
    )
    this.tracks = tracks
    await Promise.all(
      changed.map(async (source) => {
        if (this.closed) return
        await this.sections.senders[source].sender.replaceTrack(tracks[source])
      }),
    )
  }

  /** Something is being sent, so the worker reports on it. */
  get publishes(): boolean {
    return Object.values(this.tracks).some((track) => track !== null)
  }

  /** The received track of a section, by mid. */
  trackOf(mid: string): MediaStreamTrack | null {
    return this.sections.receivers.find((transceiver) => transceiver.mid === mid)?.receiver.track ?? null
  }

  /** The received video of the first pair. */
  get firstPicture(): MediaStreamTrack | null {
    return (
      this.sections.receivers.find(({ receiver }) => receiver.track.kind === 'video')?.receiver.track ?? null
    )
  }

  /** All received audio, on stage or floor, filled or not. */
  audioTracks(): MediaStreamTrack[] {
    return this.sections.receivers
      .map(({ receiver }) => receiver.track)
      .filter((track) => track.kind === 'audio')
  }

  /** False when it was not sent: not open yet, or so slow that a newer position is worth more. */
  point(on: string, x: number, y: number): boolean {
    const { channel } = this.sections
    if (channel.readyState !== 'open' || channel.bufferedAmount > POINT_BACKLOG_BYTES) return false
    channel.send(JSON.stringify({ type: 'point', on, x, y }))
    return true
  }

  /** How large a receive section is shown; said when it changed. */
  slotSize(mid: string, px: Step): void {
    const { channel } = this.sections
    if (channel.readyState !== 'open' || this.sizes.get(mid) === px) return
    this.sizes.set(mid, px)
    channel.send(JSON.stringify({ type: 'slot_size', mid, px }))
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.pc.onconnectionstatechange = null
    this.pc.close()
  }

  private take(message: ServerData): void {
    if (this.closed) return
    switch (message.type) {
      case 'slots':
        if (message.ver <= this.slotsVer) return
        this.slotsVer = message.ver
        this.slots = message.slots
        this.events.onSlots(message.slots)
        return
      case 'pointed':
        this.events.onPointed(message)
        return
      case 'use_codec':
        void this.useCodec(message.video)
        return
      case 'use_layers':
        this.layers = message.layers
        void this.tuneCamera()
        return
      case 'moved':
        this.events.onMoved(message.reason)
    }
  }

  /** The layers that are sent, and how much each may take; the estimate of a thin line stays below it. */
  private tuneCamera(): Promise<void> {
    return this.tune('camera', (parameters) => {
      parameters.degradationPreference = 'balanced'
      for (const encoding of parameters.encodings) {
        const layer = LAYERS.find(({ rid }) => rid === encoding.rid) ?? LAYERS[0]!
        encoding.maxBitrate = layer.maxBps
        if (parameters.encodings.length > 1) encoding.active = this.layers.includes(layer.rid)
      }
    })
  }

  /** Sends with the codec that everybody in the room understands; no renegotiation. */
  private async useCodec(video: Codec): Promise<void> {
    for (const source of ['camera', 'screen'] as const) {
      await this.tune(source, (parameters) => {
        const codec = parameters.codecs.find((c) => c.mimeType.toLowerCase() === `video/${video}`)
        if (!codec) return
        const { mimeType, clockRate, sdpFmtpLine } = codec
        for (const encoding of parameters.encodings as (RTCRtpEncodingParameters & { codec?: RTCRtpCodec })[])
          encoding.codec = sdpFmtpLine ? { mimeType, clockRate, sdpFmtpLine } : { mimeType, clockRate }
      })
    }
  }

  /** One change after the other: two that overlap would undo each other. */
  private tune(source: Source, change: (parameters: RTCRtpSendParameters) => void): Promise<void> {
    this.tuning = this.tuning.then(async () => {
      if (this.closed) return
      const { sender } = this.sections.senders[source]
      const parameters = sender.getParameters()
      if (!parameters.encodings?.length) return
      change(parameters)
      await sender.setParameters(parameters).catch(() => undefined)
    })
    return this.tuning
  }
}
