"""RTCP: packed and parsed, alone and compound, cut at every byte."""

import contextlib

import pytest
from aiortc import rtp as reference
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.reports import Reception, round_trip_s
from media.rtp.rtcp import (
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    Rtcp,
    SenderReport,
    pack_rtcp,
    parse_rtcp,
)
from media.rtp.transport_cc import TransportFeedback

pytestmark = pytest.mark.unit

BLOCK = ReportBlock(0xFFFFFFFF, 255, -5, 0xFFFFFFFF, 17, 0x12345678, 65_536)
PACKETS: list[Rtcp] = [
    SenderReport(1, 0xFFFFFFFF_FFFFFFFF, 0xFFFFFFFF, 3, 4, (BLOCK,)),
    SenderReport(1, 2, 3, 4, 5),
    ReceiverReport(9, (BLOCK, BLOCK._replace(lost=0x7FFFFF))),
    ReceiverReport(9, ()),
    Bye((1, 2)),
    Nack(1, 2, (65_534, 65_535, 0, 1, 14, 40)),
    Pli(1, 2),
    Fir(1, ((2, 3), (4, 255))),
    Remb(1, 2_500_000, (2, 3)),
    TransportFeedback(1, 2, 65_535, 4, 255, ((0, 2**32 - 1), (3, 7))),
]


@pytest.mark.parametrize("packet", PACKETS, ids=lambda packet: type(packet).__name__)
def test_what_is_packed_is_parsed_again(packet: Rtcp) -> None:
    data = pack_rtcp(packet)
    if isinstance(packet, Remb):
        packet = packet._replace(bps=packet.bps >> 4 << 4)
    assert parse_rtcp(data) == [packet]


def test_a_compound_with_types_we_do_not_know_is_read() -> None:
    sdes = bytes.fromhex("81ca0002" + "00000001" + "01006100")[:12]
    slice_loss = bytes.fromhex("82ce0003") + bytes(12)
    data = pack_rtcp(PACKETS[1]) + sdes + slice_loss + pack_rtcp(PACKETS[6])
    assert parse_rtcp(data) == [PACKETS[1], PACKETS[6]]


def test_a_cut_compound_is_refused_at_every_byte() -> None:
    data = b"".join(pack_rtcp(packet) for packet in PACKETS)
    whole = set()
    at = 0
    for packet in PACKETS:
        at += len(pack_rtcp(packet))
        whole.add(at)
    for length in range(len(data)):
        if length in whole:
            parse_rtcp(data[:length])
        else:
            with pytest.raises(ValueError, match=r"RTCP"):
                parse_rtcp(data[:length])


@given(st.binary(max_size=64))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_rtcp(b"\x81" + data)


def test_counts_that_promise_more_than_there_is_are_refused() -> None:
    for head in ("9fc80006", "9fc90001", "9fcb0001"):
        data = bytes.fromhex(head)
        with pytest.raises(ValueError):
            parse_rtcp(data + bytes(4 * int.from_bytes(data[2:4])))


def test_padding_is_left_out_and_wrong_padding_is_refused() -> None:
    packet = bytearray(pack_rtcp(Pli(1, 2)) + b"\0\0\0\4")
    packet[0] |= 0x20
    packet[3] += 1
    assert parse_rtcp(bytes(packet)) == [Pli(1, 2)]
    packet[-1] = 200
    with pytest.raises(ValueError, match="padding"):
        parse_rtcp(bytes(packet))


@given(st.lists(st.integers(0, 65_535), min_size=1, max_size=60, unique=True))
def test_every_lost_number_is_named_in_any_order(lost: list[int]) -> None:
    (packet,) = parse_rtcp(pack_rtcp(Nack(1, 2, tuple(lost))))
    assert isinstance(packet, Nack)
    assert set(packet.lost) == set(lost)


def test_another_implementation_reads_the_same() -> None:
    theirs = reference.RtcpPacket.parse(pack_rtcp(PACKETS[0]) + pack_rtcp(PACKETS[5]) + pack_rtcp(PACKETS[6]))
    report, nack, pli = theirs
    assert isinstance(report, reference.RtcpSrPacket)
    assert report.sender_info.ntp_timestamp == 0xFFFFFFFF_FFFFFFFF
    assert report.reports[0].packets_lost == -5
    assert isinstance(nack, reference.RtcpRtpfbPacket)
    # It does not wrap the numbers that its bit mask adds.
    assert sorted(number & 0xFFFF for number in nack.lost) == [0, 1, 14, 40, 65_534, 65_535]
    assert isinstance(pli, reference.RtcpPsfbPacket)
    fci = pack_rtcp(PACKETS[8])[12:]
    assert reference.unpack_remb_fci(fci) == (2_500_000 >> 4 << 4, [2, 3])


def test_loss_since_the_last_report_and_in_all_is_told() -> None:
    reception = Reception(7, 90_000)
    for number in range(65_500, 65_600):
        if number % 4:
            reception.on_packet(number, 0, 100, 1.0)
    block = reception.block(1.0)
    assert (block.ssrc, block.lost, block.highest_sequence) == (7, 24, 65_599)
    assert block.fraction_lost == 24 * 256 // 99
    assert reception.block(1.0).fraction_lost == 0
    reception.on_packet(65_599, 0, 100, 1.0)
    assert reception.block(1.0).fraction_lost == 0, "a duplicate is no negative loss"


def test_jitter_is_zero_for_a_steady_stream_over_the_wrap_and_grows_with_delay() -> None:
    steady, shaky = Reception(1, 90_000), Reception(2, 90_000)
    for number in range(200):
        ticks = (2**32 - 100_000 + number * 3000) & 0xFFFFFFFF
        steady.on_packet(number, ticks, 1, number / 30)
        shaky.on_packet(number, ticks, 1, number / 30 + (0.010 if number % 2 else 0.0))
    assert steady.block(7.0).jitter_ticks <= 1
    assert 800 < shaky.block(7.0).jitter_ticks <= 900


def test_the_round_trip_is_found_from_our_own_report() -> None:
    reception = Reception(1, 90_000)
    assert reception.block(5.0).last_sr == 0
    sent = 0xDEADBEEF_80000000
    reception.on_sender_report(sent, 10.0)
    reception.on_packet(1, 0, 1, 10.0)
    block = reception.block(10.25)
    assert block.last_sr == 0xBEEF8000
    rtt = round_trip_s(block, sent + int(0.35 * 2**32))
    assert rtt is not None
    assert abs(rtt - 0.1) < 0.001
    assert round_trip_s(block, sent - 2**32) is None
    assert round_trip_s(ReportBlock(1, 0, 0, 0, 0, 0, 0), sent) is None
