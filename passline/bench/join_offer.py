"""The offer of our own client in Chromium, line for line as long as the real one: reading it is a part of a join."""

import secrets

from contract.media import SEND_SECTIONS, Layout
from media.forward.sections import EXTENSIONS

OPUS, VP8 = 111, 96
_H264 = {102: "42001f", 104: "42e01f", 106: "4d001f"}
"""Payload type in packetization mode 1 → profile; twelve more is the same in mode 0."""
_FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
_LEVEL_ID, _TIME_ID, _NUMBER_ID, _MID_ID, _DELAY_ID = 1, 2, 3, 4, 5
_OTHERS = {14: "toffset", 13: "3gpp:video-orientation", 6: "video-content-type", 7: "video-timing", 8: "color-space"}


def offer(layout: Layout, *, ufrag: str, pwd: str, fingerprint: str, ssrc: int) -> str:
    """What the client would send of camera and microphone has SSRCs from `ssrc` on: sound, picture, its repeats."""
    sections = [(kind, "sendonly") for kind, _source in SEND_SECTIONS]
    sections += [("audio", "recvonly"), ("video", "recvonly")] * layout.stage
    sections += [("audio", "recvonly")] * layout.floor
    lines = ["v=0", f"o=- {secrets.randbits(60)} 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines.append("a=group:BUNDLE " + " ".join(str(mid) for mid in range(len(sections) + 1)))
    lines += ["a=extmap-allow-mixed", "a=msid-semantic: WMS"]
    transport = [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{pwd}",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {fingerprint}",
        "a=setup:actpass",
    ]
    for mid, (kind, direction) in enumerate(sections):
        lines += _audio(mid, direction, transport) if kind == "audio" else _video(mid, direction, transport)
        if mid == 0:
            lines += [f"a=ssrc:{ssrc} cname:bench", f"a=ssrc:{ssrc} msid:- sound"]
        elif mid == 1:
            lines.append(f"a=ssrc-group:FID {ssrc + 1} {ssrc + 2}")
            for number in (ssrc + 1, ssrc + 2):
                lines += [f"a=ssrc:{number} cname:bench", f"a=ssrc:{number} msid:- picture"]
    lines += ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", *transport]
    lines += [f"a=mid:{len(sections)}", "a=sctp-port:5000", "a=max-message-size:262144"]
    return "\r\n".join(lines) + "\r\n"


def _audio(mid: int, direction: str, transport: list[str]) -> list[str]:
    return [
        *_head("audio", str(OPUS)),
        *transport,
        f"a=mid:{mid}",
        f"a=extmap:{_LEVEL_ID} {EXTENSIONS['level']}",
        *_common(direction),
        f"a=rtpmap:{OPUS} opus/48000/2",
        f"a=rtcp-fb:{OPUS} transport-cc",
        f"a=fmtp:{OPUS} minptime=10;useinbandfec=1",
    ]


def _video(mid: int, direction: str, transport: list[str]) -> list[str]:
    codecs: list[str] = []
    formats: list[int] = []
    modes = [(number + 12 * (1 - mode), profile, mode) for mode in (1, 0) for number, profile in _H264.items()]
    for number, name, fmtp in [
        (VP8, "VP8", ""),
        *((n, "H264", f"level-asymmetry-allowed=1;packetization-mode={m};profile-level-id={p}") for n, p, m in modes),
    ]:
        formats += [number, number + 1]
        codecs += [f"a=rtpmap:{number} {name}/90000", *(f"a=rtcp-fb:{number} {what}" for what in _FEEDBACK)]
        codecs += [f"a=fmtp:{number} {fmtp}"] * bool(fmtp)
        codecs += [f"a=rtpmap:{number + 1} rtx/90000", f"a=fmtp:{number + 1} apt={number}"]
    return [
        *_head("video", " ".join(map(str, formats))),
        *transport,
        f"a=mid:{mid}",
        *(f"a=extmap:{number} urn:of-no-use:{name}" for number, name in _OTHERS.items()),
        f"a=extmap:{_DELAY_ID} {EXTENSIONS['playout_delay']}",
        *_common(direction),
        *codecs,
    ]


def _head(kind: str, formats: str) -> list[str]:
    return [f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"]


def _common(direction: str) -> list[str]:
    return [
        f"a=extmap:{_TIME_ID} http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        f"a=extmap:{_NUMBER_ID} {EXTENSIONS['transport_cc']}",
        f"a=extmap:{_MID_ID} {EXTENSIONS['mid']}",
        f"a={direction}",
        "a=msid:- track",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=rtcp-xr:rcvr-rtt=all",
    ]
