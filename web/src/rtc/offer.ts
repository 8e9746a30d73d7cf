/**
 * The one offer of a PeerConnection: four send sections, the layout's receive slots, a data channel; codecs trimmed.
 *
 * The order of m-lines is the contract (contract/media.py): microphone, camera, screen, screen sound; then stage pairs
 * (audio, video); then floor audio; the data channel is last.
 */
import type { Layout, ServerData, Source } from '../contract'

export interface Sections {
  senders: Record<Source, RTCRtpTransceiver>
  /** Receive sections in order: stage pairs, then floor. */
  receivers: RTCRtpTransceiver[]
  channel: RTCDataChannel
}

type Kind = 'audio' | 'video'

export type Layer = Extract<ServerData, { type: 'use_layers' }>['layers'][number]

/**
 * The sizes of the camera: `scale` is by how much each side is smaller (contract/media.py). The largest first: of a
 * picture of less than 960×540 Chromium sends only the first two, of less than 480×270 the first.
 */
export const LAYERS: readonly { rid: Layer; scale: number; maxBps: number }[] = [
  { rid: 'f', scale: 1, maxBps: 2_000_000 },
  { rid: 'h', scale: 2, maxBps: 500_000 },
  { rid: 'q', scale: 4, maxBps: 150_000 },
]
/** What is sent until the server asks for others. */
export const FIRST_LAYERS: readonly Layer[] = ['f']

/**
 * Only what the media worker forwards: Opus, alone and with redundancy (RFC 2198); VP8, VP9 and AV1 of profile 0, H.264 in
 * packetization mode 1, and their retransmissions.
 */
export function isWanted(codec: Pick<RTCRtpCodec, 'mimeType' | 'sdpFmtpLine'>): boolean {
  switch (codec.mimeType.toLowerCase()) {
    case 'audio/opus':
    case 'audio/red':
    case 'video/vp8':
    case 'video/rtx':
      return true
    case 'video/vp9':
      return !/profile-id=[1-9]/.test(codec.sdpFmtpLine ?? '') // as every camera has it: 8 bits, 4:2:0
    case 'video/av1':
      return !/profile=[1-9]/.test(codec.sdpFmtpLine ?? '')
    case 'video/h264': {
      const parameters = codec.sdpFmtpLine ?? ''
      // Constrained Baseline: what every tablet decodes in hardware.
      return parameters.includes('packetization-mode=1') && /profile-level-id=42[ec]0/i.test(parameters)
    }
    default:
      return false
  }
}

function trim(transceiver: RTCRtpTransceiver, kind: Kind): void {
  const all = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []
  const wanted = all.filter(isWanted)
  if (wanted.length === 0) return
  try {
    transceiver.setCodecPreferences(wanted)
  } catch {
    // Older browsers compare with the sender's list only; an untrimmed offer is longer, not wrong.
  }
}

/**
 * The offer as it is sent: says that lost sound may be asked for again. Chromium does send it again when the answer
 * says so, but does not offer it.
 */
export function offered(sdp: string): string {
  return sdp.replace(/^a=rtpmap:(\d+) opus\/48000\/2\r\n/gim, '$&a=rtcp-fb:$1 nack\r\n')
}

/** Adds everything to `pc`, the camera in layers if `layered`; the tracks come later by `replaceTrack`. */
export function addSections(pc: RTCPeerConnection, layout: Layout, layered: boolean): Sections {
  const add = (kind: Kind, direction: RTCRtpTransceiverDirection) => {
    const transceiver = pc.addTransceiver(kind, { direction })
    trim(transceiver, kind)
    return transceiver
  }
  const camera = (): RTCRtpTransceiver => {
    const sendEncodings = LAYERS.map(({ rid, scale, maxBps }) => ({
      rid,
      scaleResolutionDownBy: scale,
      maxBitrate: maxBps,
      active: FIRST_LAYERS.includes(rid),
      scalabilityMode: 'L1T2', // every second frame can be left out where a link is narrow; Firefox has none
    }))
    try {
      const transceiver = pc.addTransceiver('video', { direction: 'sendonly', sendEncodings })
      trim(transceiver, 'video')
      return transceiver
    } catch {
      return add('video', 'sendonly') // a browser without simulcast sends one picture
    }
  }
  const senders: Record<Source, RTCRtpTransceiver> = {
    microphone: add('audio', 'sendonly'),
    camera: layered ? camera() : add('video', 'sendonly'),
    screen: add('video', 'sendonly'),
    screen_sound: add('audio', 'sendonly'),
  }
  const receivers: RTCRtpTransceiver[] = []
  for (let i = 0; i < layout.stage; i++) receivers.push(add('audio', 'recvonly'), add('video', 'recvonly'))
  for (let i = 0; i < layout.floor; i++) receivers.push(add('audio', 'recvonly'))
  return { senders, receivers, channel: pc.createDataChannel('passline') }
}
