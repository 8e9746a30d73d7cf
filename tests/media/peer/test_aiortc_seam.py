"""Every private name of aiortc, pylibsrtp and pyOpenSSL that media.peer leans on; who moves one fails here."""

import inspect
import re
from importlib import metadata
from pathlib import Path
from typing import cast

import pylibsrtp
import pytest
from aiortc import RTCDataChannel, RTCSctpTransport, rtcdtlstransport
from aiortc.rtcsctptransport import InboundStream
from OpenSSL import SSL

import media.peer
from media.peer.data import _Wire
from media.peer.dtls import DtlsTransport, Identity
from media.peer.endpoint import Endpoint
from media.peer.srtp import Keys

pytestmark = pytest.mark.unit

WIRE = {"_send_data", "_register_data_receiver", "_unregister_data_receiver", "_role", "state"}
"""What SCTP uses of a DTLS transport."""
SCTP = {
    *("_inbound_streams", "_sack_misordered", "_data_channel_queue"),
    *("_handle_data", "_receive_chunk", "_receive_sack_chunk", "_send_chunk"),
    *("_init", "_set_state", "_data_channel_flush"),
}
CHANNEL = {"_addBufferedAmount"}
OPENSSL = {"_ssl", "_into_ssl", "_from_ssl"}
"""What a connection of pyOpenSSL calls its own in C; besides its context's `_context`, and `OpenSSL._util`."""


def test_the_versions_are_the_ones_this_was_tried_with() -> None:
    assert metadata.version("aiortc").startswith("1.16.")
    assert metadata.version("aioice").startswith("0.13.")
    assert metadata.version("pylibsrtp").startswith("1.0.")
    assert metadata.version("pyopenssl").startswith("26.")


async def test_the_association_has_our_names() -> None:
    class Wire:
        state = "connected"

    sctp = RTCSctpTransport(Wire())  # type: ignore[arg-type]  # a duck
    for name in SCTP:
        assert hasattr(sctp, name), name
    for name in CHANNEL:
        assert hasattr(RTCDataChannel, name), name
    assert InboundStream().reassembly == []
    assert {"CLOSED", "ESTABLISHED"} <= {state.name for state in RTCSctpTransport.State}


def test_the_association_asks_no_more_of_dtls_than_our_wire_has() -> None:
    source = inspect.getsource(RTCSctpTransport)
    used = set(re.findall(r"self\.(?:__)?transport\.(\w+)", source)) | set(re.findall(r"if transport\.(\w+)", source))
    assert used == WIRE
    wire = _Wire(DtlsTransport(cast(Endpoint, None), Identity(), "00", on_up=lambda: None, on_end=lambda: None))
    assert all(hasattr(wire, name) for name in used)


def test_all_that_the_association_waits_for_is_the_sending_of_a_packet() -> None:
    """So it never waits, see media.peer.at_once; its own coroutines wait for each other and for this."""
    source = inspect.getsource(RTCSctpTransport)
    awaited = set(re.findall(r"await ([\w.]+)\(", source))
    assert {name for name in awaited if not name.startswith("self._")} == set()
    foreign = {name for name in awaited if not hasattr(RTCSctpTransport, name.removeprefix("self."))}
    assert foreign == {"self.__transport._send_data"}


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


def test_a_connection_still_carries_what_openssl_knows_it_by() -> None:
    context = Identity().certificate._create_ssl_context([rtcdtlstransport.SRTP_AEAD_AES_128_GCM])
    assert context.get_verify_mode() == SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    connection = SSL.Connection(context)
    assert all(getattr(connection, name) for name in OPENSSL)
    made = inspect.getsource(SSL.Connection.__init__)
    assert "_lib.SSL_set_bio(self._ssl, self._into_ssl, self._from_ssl)" in made
    assert "_ffi.gc(ssl, _lib.SSL_free)" in made, "which frees both"


def test_what_we_call_and_replace_of_sctp_is_what_we_know() -> None:
    coroutines = SCTP - {"_inbound_streams", "_sack_misordered", "_data_channel_queue", "_set_state"}
    for name in coroutines:
        assert inspect.iscoroutinefunction(getattr(RTCSctpTransport, name)), name
    assert list(inspect.signature(RTCSctpTransport._handle_data).parameters) == ["self", "data"]
    assert RTCSctpTransport.start.__code__.co_names.count("_init") == 1
    send = RTCSctpTransport._data_channel_send.__code__.co_names
    assert {"_addBufferedAmount", "_data_channel_queue", "append", "_data_channel_flush"} <= set(send), "as our `say`"


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
    known = {*WIRE, *SCTP, *CHANNEL, *OPENSSL, "_create_ssl_context", "_context", "_util", "_srtp"}
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
