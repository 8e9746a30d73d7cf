import { expect, test, vi } from 'vitest'
import { addSections, isWanted, offered } from './offer'
import { QualityWords, judge } from './quality'

const calm = { rttMs: 20, loss: 0, concealed: 0, frozen: 0 }
const bad = { ...calm, loss: 0.2 }

test('the offer keeps Opus and its redundancy, VP8, plain VP9 and AV1, constrained H.264 in mode 1 and retransmission, nothing else', () => {
  const h264 = (sdpFmtpLine: string) => isWanted({ mimeType: 'video/H264', sdpFmtpLine })
  expect(isWanted({ mimeType: 'audio/opus' })).toBe(true)
  expect(isWanted({ mimeType: 'audio/red' })).toBe(true)
  expect(isWanted({ mimeType: 'video/VP8' })).toBe(true)
  expect(isWanted({ mimeType: 'video/rtx' })).toBe(true)
  expect(isWanted({ mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' })).toBe(true)
  expect(isWanted({ mimeType: 'video/VP9', sdpFmtpLine: 'max-fs=12288;max-fr=60' })).toBe(true)
  expect(isWanted({ mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' })).toBe(false)
  expect(isWanted({ mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=0;tier=0' })).toBe(true)
  expect(isWanted({ mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=1;tier=0' })).toBe(false)
  expect(isWanted({ mimeType: 'video/H265' })).toBe(false)
  expect(isWanted({ mimeType: 'audio/PCMU' })).toBe(false)
  expect(h264('level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f')).toBe(true)
  expect(h264('level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f')).toBe(false)
  expect(h264('level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f')).toBe(false)
})

test('the offer says of every Opus that it may be asked for again, of nothing else', () => {
  const lines = ['m=audio 9 UDP/TLS/RTP/SAVPF 111 63', 'a=rtpmap:111 opus/48000/2', 'a=rtpmap:63 red/48000/2']
  const sdp = [...lines, 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=rtpmap:96 VP8/90000', ''].join('\r\n')
  const sent = offered(sdp + sdp)
  expect(sent.match(/^a=rtpmap:111 opus.*\r\na=rtcp-fb:111 nack\r$/gm)).toHaveLength(2)
  expect(sent.match(/nack/g)).toHaveLength(2)
  expect(sent.replace(/a=rtcp-fb:111 nack\r\n/g, '')).toBe(sdp + sdp)
})

test('loss, delay, invented sound and a frozen picture each have their word', () => {
  expect(judge(calm)).toBe('good')
  expect(judge({ ...calm, rttMs: 400 })).toBe('fair')
  expect(judge({ ...calm, concealed: 0.2 })).toBe('weak')
  expect(judge({ ...calm, frozen: 0.2 })).toBe('fair')
})

test('one bad reading does not change the word, two do, and four good ones bring it back', () => {
  const words = new QualityWords()
  expect(words.take(calm)).toBe('good')
  expect(words.take(bad)).toBe('good')
  expect(words.take(calm)).toBe('good')
  expect(words.take(bad)).toBe('good')
  expect(words.take(bad)).toBe('weak')
  for (let i = 0; i < 3; i++) expect(words.take(calm)).toBe('weak')
  expect(words.take(calm)).toBe('good')
})

test('a call does not begin with a complaint: the first bad reading says nothing yet', () => {
  const words = new QualityWords()
  expect(words.take(bad)).toBe('unknown')
  expect(words.take(calm)).toBe('good')
  const weak = new QualityWords()
  expect([weak.take(bad), weak.take(bad)]).toEqual(['unknown', 'weak'])
})

test('only the camera is offered in layers, the largest first and alone active; one picture where they are refused', () => {
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null })
  const offered = (layered: boolean, refuses = false) => {
    const lines: (string[] | null)[] = []
    addSections(
      {
        addTransceiver: (_kind: string, init: RTCRtpTransceiverInit) => {
          if (refuses && init.sendEncodings) throw new TypeError('no simulcast')
          const rids = init.sendEncodings?.map(
            ({ rid, active, scalabilityMode }: RTCRtpEncodingParameters & { scalabilityMode?: string }) =>
              `${active ? '' : '~'}${rid} ${scalabilityMode}`,
          )
          lines.push(rids ?? null)
          return {}
        },
        createDataChannel: () => ({}),
      } as unknown as RTCPeerConnection,
      { stage: 1, floor: 0 },
      layered,
    )
    return lines
  }
  const plain = Array.from({ length: 6 }, () => null)
  expect(offered(true)).toEqual([null, ['f L1T2', '~h L1T2', '~q L1T2'], null, null, null, null])
  expect(offered(false)).toEqual(plain)
  expect(offered(true, true)).toEqual(plain)
  vi.unstubAllGlobals()
})
