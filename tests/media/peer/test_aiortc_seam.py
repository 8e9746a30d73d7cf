"""Every private name of aiortc and pylibsrtp that media.peer leans on; who moves one fails here."""

import inspect
import re
from importlib import metadata
from pathlib import Path

import pylibsrtp
import pytest
from aiortc import RTCCertificate, RTCSctpTransport, rtcdtlstransport
from aiortc.rtcdtlstransport import RTCDtlsTransport, State
from aiortc.rtcsctptransport import InboundStream
from OpenSSL import SSL

import media.peer
from media.peer.dtls import Identity
from media.peer.endpoint import Endpoint
from media.peer.srtp import Keys

pytestmark = pytest.mark.unit

METHODS = ("_do_handshake", "_write_ssl", "_set_state", "_set_role", "start", "stop")
ATTRIBUTES = ("_state", "_role", "_ssl", "_srtp_profiles", "_tx_srtp", "_rx_srtp", "encrypted", "on")
SCTP = ("_inbound_streams", "_sack_misordered", "_handle_data", "_receive_sack_chunk", "_send_chunk")
ICE_NAMES = {"_recv", "_send", "role"}


def test_the_versions_are_the_ones_this_was_tried_with() -> None:
    assert metadata.version("aiortc").startswith("1.16.")
    assert metadata.version("aioice").startswith("0.13.")
    assert metadata.version("pylibsrtp").startswith("1.0.")


async def test_the_dtls_transport_has_our_names() -> None:
    class Ice:
        role = "controlled"
        state = "completed"

    transport = RTCDtlsTransport(Ice(), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]  # a duck
    for name in METHODS:
        assert callable(getattr(transport, name)), name
    for name in ATTRIBUTES:
        assert hasattr(transport, name), name
    sctp = RTCSctpTransport(transport)
    for name in SCTP:
        assert hasattr(sctp, name), name
    assert InboundStream().reassembly == []
    assert inspect.iscoroutinefunction(RTCDtlsTransport._do_handshake)
    assert inspect.iscoroutinefunction(RTCDtlsTransport._write_ssl)
    assert {"NEW", "CONNECTING", "CONNECTED", "CLOSED", "FAILED"} == {state.name for state in State}
    assert transport._state is State.NEW


def test_the_transport_asks_no_more_of_ice_than_our_endpoint_has() -> None:
    source = inspect.getsource(RTCDtlsTransport)
    used = set(re.findall(r"self\.(?:_)?transport\.(\w+)", source))
    assert used == ICE_NAMES
    assert all(hasattr(Endpoint, name) for name in used)


def test_the_handshake_we_replace_is_the_one_we_know() -> None:
    """Ours ends in the same states; when this differs, compare media/peer/dtls.py with the new text."""
    names = set(RTCDtlsTransport._do_handshake.__code__.co_names)
    assert {"encrypted", "_ssl", "do_handshake", "WantReadError", "_write_ssl", "_recv_next", "FAILED"} <= names
    assert {"bio_read", "bio_write", "do_handshake"} <= set(dir(SSL.Connection))


def test_our_srtp_profiles_exist() -> None:
    assert rtcdtlstransport.SRTP_AEAD_AES_128_GCM.openssl_profile == b"SRTP_AEAD_AES_128_GCM"
    assert rtcdtlstransport.SRTP_AES128_CM_SHA1_80.openssl_profile == b"SRTP_AES128_CM_SHA1_80"
    assert rtcdtlstransport.SRTP_AEAD_AES_128_GCM in rtcdtlstransport.SRTP_PROFILES
    assert len(Identity().fingerprint) == 32 * 3 - 1


def test_all_peers_share_one_context_and_no_session_is_resumed_in_it() -> None:
    """OpenSSL gives each peer a connection of its own; its certificate is asked for each time."""
    certificate = Identity().certificate
    profiles = [rtcdtlstransport.SRTP_AEAD_AES_128_GCM]
    context = certificate._create_ssl_context(profiles)
    assert certificate._create_ssl_context(profiles) is context
    assert context.set_session_cache_mode(SSL.SESS_CACHE_OFF) == SSL.SESS_CACHE_OFF, "it says what was set before"
    assert SSL.Context(SSL.DTLS_METHOD).set_session_cache_mode(SSL.SESS_CACHE_OFF) != SSL.SESS_CACHE_OFF


def test_sctp_hands_every_datagram_to_handle_data() -> None:
    assert inspect.iscoroutinefunction(RTCSctpTransport._handle_data)
    assert list(inspect.signature(RTCSctpTransport._handle_data).parameters) == ["self", "data"]


def test_a_session_still_carries_the_c_handle_and_our_functions_do_what_its_own_do() -> None:
    key = bytes(range(30))
    profile = pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    pair = [
        pylibsrtp.Session(pylibsrtp.Policy(key=key, ssrc_type=kind, srtp_profile=profile))
        for kind in (pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND)
    ]
    keys = Keys(*pair)
    rtp = b"\x80\x6f\x00\x01" + bytes(8) + b"payload"
    assert keys.unprotect(keys.protect(rtp)) == rtp
    rtcp = b"\x80\xc8\x00\x06" + bytes(24)
    assert keys.unprotect_rtcp(keys.protect_rtcp(rtcp)) == rtcp
    for name in ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect", "srtp_unprotect_rtcp"):
        assert hasattr(pylibsrtp.lib, name)  # type: ignore[attr-defined]  # re-exported without saying so
    with pytest.raises(pylibsrtp.Error):
        keys.unprotect(b"\x80")
    with pytest.raises(pylibsrtp.Error):
        keys.protect(bytes(1501))


def test_the_list_above_is_complete() -> None:
    """No module of media.peer uses a private name of a library that is not tested here."""
    folder = Path(media.peer.__file__).parent
    known = {*METHODS, *ATTRIBUTES, *SCTP, "_recv", "_send", "_handle_data", "_srtp"}
    own = {
        name
        for path in folder.glob("*.py")
        for name in re.findall(r"def (_\w+)|self\.(_\w+)(?:: [^=]+)? = ", path.read_text())
        for name in name
        if name
    }
    for path in folder.glob("*.py"):
        for name in re.findall(r"\.(_[a-z]\w*)", path.read_text()):
            assert name in known | own, f"{path.name}: {name}"
