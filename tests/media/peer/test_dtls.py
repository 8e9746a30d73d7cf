"""A handshake that loses datagrams goes on without a second's wait."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM
from OpenSSL import SSL

from media.peer import dtls
from media.peer.dtls import DtlsTransport, Identity
from media.peer.endpoint import Endpoint
from tests.support.until import until

pytestmark = pytest.mark.link

NEVER_S = 3600.0


class Way:
    """Stands for an endpoint: what is put in is received, what is sent stays in `sent`."""

    role, state = "controlled", "completed"

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sent: list[bytes] = []

    async def _recv(self) -> bytes:
        data = await self.incoming.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.sent.append(data)


class Begun:
    """A server whose handshake waits for a client, and that client's first flight."""

    def __init__(self) -> None:
        self.way = Way()
        self.transport = DtlsTransport(cast(Endpoint, self.way), Identity())
        certificate = RTCCertificate.generateCertificate()
        client = SSL.Connection(certificate._create_ssl_context([SRTP_AEAD_AES_128_GCM]))
        client.set_connect_state()
        with pytest.raises(SSL.WantReadError):
            client.do_handshake()
        self.hello = client.bio_read(1500)
        self.fingerprint = certificate.getFingerprints()[0].value

    async def handshake(self) -> None:
        with pytest.raises(dtls.DtlsFailed):
            await self.transport.handshake(self.fingerprint)


@pytest.fixture
async def begun() -> AsyncIterator[Begun]:
    made = Begun()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(made.handshake())
        yield made
        made.way.incoming.put_nowait(None)


async def test_a_hello_that_comes_again_is_answered_again_at_once(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dtls, "RESEND_S", NEVER_S)
    begun.way.incoming.put_nowait(begun.hello)
    await until(lambda: begun.way.sent)
    flight = list(begun.way.sent)
    begun.way.incoming.put_nowait(begun.hello)
    await until(lambda: len(begun.way.sent) > len(flight))
    assert begun.way.sent == 2 * flight
    assert begun.transport.resent == len(flight)


async def test_a_hello_that_comes_again_before_it_was_answered_is_one(
    begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dtls, "RESEND_S", NEVER_S)
    junk = bytes((22, 254, 253)) + bytes(20)
    begun.way.incoming.put_nowait(junk)
    begun.way.incoming.put_nowait(begun.hello)
    await until(lambda: begun.way.sent)
    assert not begun.transport.resent
    begun.way.incoming.put_nowait(junk)
    await until(begun.way.incoming.empty)
    assert not begun.transport.resent, "what is no hello says nothing of our flight"


async def test_what_comes_and_is_no_answer_does_not_put_our_repeat_off(begun: Begun) -> None:
    junk = bytes((22, 254, 253)) + bytes(20)
    begun.way.incoming.put_nowait(begun.hello)
    await until(lambda: begun.way.sent)

    def resent() -> int:
        begun.way.incoming.put_nowait(junk)
        return begun.transport.resent

    await until(resent)
