"""Offers as clients of WHIP and WHEP make them, in every shape that the standards allow."""

from dataclasses import dataclass, field

AUDIO = {9: "G722/8000", 111: "opus/48000/2", 0: "PCMU/8000", 13: "CN/8000"}
VIDEO = {45: "AV1/90000", 98: "VP9/90000", 96: "VP8/90000", 102: "H264/90000", 39: "H265/90000"}
RTX = {96: 97, 102: 103, 98: 99, 45: 46}
_H264 = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
_MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
_RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"


@dataclass
class Media:
    """One section."""

    kind: str
    mid: str | None = None
    direction: str | None = "sendonly"
    formats: list[int] = field(default_factory=list)
    """In the order of preference; empty: all that are known."""
    rtx: bool = True
    mid_extension: bool = True
    ssrcs: list[int] = field(default_factory=list)
    """First SSRC, then the one of its retransmissions."""
    rids: list[str] = field(default_factory=list)
    bundle_only: bool = False
    port: int = 9
    ufrag: str | None = "ufrag0"
    setup: str = "actpass"
    rtcp_mux: bool = True

    def lines(self) -> list[str]:
        known = AUDIO if self.kind == "audio" else VIDEO
        formats = self.formats or list(known)
        lines, repeats = [], []
        for pt in formats:
            lines.append(f"a=rtpmap:{pt} {known[pt]}")
            if known[pt].startswith("H264"):
                lines.append(f"a=fmtp:{pt} {_H264}")
            if self.kind == "video":
                lines += [f"a=rtcp-fb:{pt} {name}" for name in ("nack", "nack pli", "transport-cc")]
            if self.rtx and pt in RTX:
                repeats.append(RTX[pt])
                lines += [f"a=rtpmap:{RTX[pt]} rtx/90000", f"a=fmtp:{RTX[pt]} apt={pt}"]
        port = 0 if self.bundle_only else self.port
        head = [f"m={self.kind} {port} UDP/TLS/RTP/SAVPF {' '.join(map(str, [*formats, *repeats]))}"]
        head.append("c=IN IP4 0.0.0.0")
        if self.mid is not None:
            head.append(f"a=mid:{self.mid}")
        if self.direction is not None:
            head.append(f"a={self.direction}")
        if self.rtcp_mux:
            head.append("a=rtcp-mux")
        if self.bundle_only:
            head.append("a=bundle-only")
        elif self.ufrag is not None:
            head += [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.ufrag * 4}", f"a=setup:{self.setup}"]
            head.append(f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}")
        if self.mid_extension and self.mid is not None:
            head.append(f"a=extmap:4 {_MID}")
        if self.rids:
            head.append(f"a=extmap:10 {_RID}")
            lines += [f"a=rid:{rid} send" for rid in self.rids] + [f"a=simulcast:send {';'.join(self.rids)}"]
        if len(self.ssrcs) > 1:
            lines.append(f"a=ssrc-group:FID {self.ssrcs[0]} {self.ssrcs[1]}")
        return head + lines + [f"a=ssrc:{ssrc} cname:x" for ssrc in self.ssrcs]


def offer(*sections: Media, bundle: list[str] | None = None) -> str:
    """The whole text; `bundle` is every mid unless given, and left out when empty."""
    mids = [section.mid for section in sections if section.mid is not None] if bundle is None else bundle
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    if mids:
        lines.append("a=group:BUNDLE " + " ".join(mids))
    for section in sections:
        lines += section.lines()
    return "\r\n".join(lines) + "\r\n"
