"""How well the media of the sample chain's one call went: well, but for a moment of the store's Wi-Fi."""

from contract.ids import PersonId
from contract.media import Source
from contract.quality import (
    SAMPLE_S,
    ClientSample,
    LegSample,
    PublishedFigures,
    SeenFigures,
    SentFigures,
    SlotFigures,
    SlotState,
)
from signaling.domain.callquality import Sampled

_PACKETS, _OCTETS = 600, 640_000
"""Of a camera in SAMPLE_S."""


def of_call(store: PersonId, expert: PersonId, from_ms: int, duration_s: float) -> dict[PersonId, list[Sampled]]:
    """Both sides of both, every SAMPLE_S of the call."""
    count = int(duration_s // SAMPLE_S)
    weak = range(count - 1, count + 1)
    found: dict[PersonId, list[Sampled]] = {store: [], expert: []}
    for number in range(1, count + 1):
        at = from_ms + round(number * SAMPLE_S * 1000)
        poor = number in weak
        lost = 38 if poor else number % 3
        for person, other in ((store, expert), (expert, store)):
            own_lost = lost if person == store else 1
            found[person].append(Sampled(at=at, leg=_leg(other, own_lost, rtt_ms=90.0 if poor else 24.0)))
            found[person].append(Sampled(at=at + 40, client=_client(other, poor=poor and person == expert)))
    return found


def _leg(other: PersonId, lost: int, *, rtt_ms: float) -> LegSample:
    return LegSample(
        over_s=SAMPLE_S,
        rtt_ms=rtt_ms,
        estimate_bps=1_900_000,
        published=[
            PublishedFigures(
                source=Source.CAMERA,
                packets=_PACKETS - lost,
                lost=lost,
                octets=_OCTETS - 1_000 * lost,
                jitter_ms=4.0 + lost / 4,
                nacks=lost,
                plis=0,
                repaired=lost,
            )
        ],
        slots=[
            SlotFigures(
                of=other,
                source=Source.CAMERA,
                state=SlotState.FLOWING,
                expected=_PACKETS,
                lost=1,
                octets=_OCTETS,
                jitter_ms=5.0,
                nacks=1,
                plis=0,
                repeats=1,
            )
        ],
    )


def _client(other: PersonId, *, poor: bool) -> ClientSample:
    return ClientSample(
        over_s=SAMPLE_S,
        sent=[SentFigures(source=Source.CAMERA, fps=24.0)],
        seen=[
            SeenFigures(of=other, source=Source.CAMERA, fps=11.0 if poor else 24.0, frozen=0.04 if poor else 0.0),
            SeenFigures(of=other, source=Source.MICROPHONE, concealed=0.03 if poor else 0.002),
        ],
    )
