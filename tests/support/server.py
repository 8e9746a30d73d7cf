"""A real signaling server in this process, on a free port, over a small seeded chain; and clients with cookies."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, web
from pydantic import BaseModel

from contract.errors import ErrorCode
from contract.http import ErrorBody, Me, SignIn, Ticket
from contract.people import Person
from runtime.settings import Settings
from signaling.app import HOUSE, build
from signaling.house import House
from signaling.http.server import make_runner
from signaling.live.reconcile import NODES
from signaling.store.seed import RoomSeed
from signaling.tls.certificates import Certificates
from tests.support import chain

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    cookies: SimpleCookie
    body: bytes

    def read(self, kind: type[M]) -> M:
        """The body as a contract model."""
        return kind.model_validate_json(self.body)

    @property
    def code(self) -> ErrorCode:
        """Why it was refused."""
        return self.read(ErrorBody).code


class Client:
    """One browser: it keeps its cookie and sends the Origin that a browser would send."""

    def __init__(self, url: str, http: ClientSession) -> None:
        self.url = url
        self.http = http
        self.person: Person | None = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: bytes | None = None,
        origin: str | None = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request. `origin`: "" is our own, None sends none."""
        sent = dict(headers or {})
        if origin is not None and method != "GET":
            sent["Origin"] = origin or self.url
        more: dict[str, Any] = {}
        if data is not None:
            more["data"] = BytesIO(data)
            sent.setdefault("Content-Type", "application/json")
        elif json is not None:
            more["json"] = json
        async with self.http.request(method, self.url + path, headers=sent, allow_redirects=False, **more) as response:
            body = await response.read()
            return Answer(response.status, response.headers, response.cookies, body)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, **more: Any) -> Answer:
        return await self.ask("POST", path, **more)

    async def put(self, path: str, **more: Any) -> Answer:
        return await self.ask("PUT", path, **more)

    async def ticket(self) -> str:
        """A fresh ticket for `hello`."""
        response = await self.post("/api/ticket")
        assert response.status == 201, response.body
        return response.read(Ticket).ticket

    async def web_socket(self) -> ClientWebSocketResponse:
        """A WebSocket after its handshake, before `hello`; closed with the server at the latest."""
        return await self.http.ws_connect(f"{self.url}/ws", origin=self.url)


class SignalingServer:
    """`async with SignalingServer(tmp_path) as server: client = await server.sign_in("chen")`.

    `rooms` are seeded as finished; by default the recorded call of tests.support.chain. A second server on the same
    path sees what the first one left. `seeded=False` leaves out people too.
    """

    def __init__(
        self, data: Path, *, rooms: list[RoomSeed] | None = None, seeded: bool = True, **settings: Any
    ) -> None:
        self.settings = Settings(**{"data": data, "port": 0, "log_level": "warning", **settings})
        self.url = ""
        self.https_url = ""
        """Only with a setting that turns HTTPS on."""
        self._seeded = seeded
        self._rooms = [chain.finished_call()] if rooms is None else rooms
        self._app: web.Application | None = None
        self._runner: web.AppRunner | None = None
        self._stack = AsyncExitStack()

    @property
    def app(self) -> web.Application:
        assert self._app is not None
        return self._app

    @property
    def server(self) -> web.Server:
        """What accepts the connections."""
        assert self._runner is not None
        assert self._runner.server is not None
        return self._runner.server

    @property
    def house(self) -> House:
        return self.app[HOUSE]

    async def __aenter__(self) -> "SignalingServer":
        if self._seeded:
            await chain.seed_chain(self.settings, self._rooms)
        self._app = build(self.settings, hasher=chain.CHEAP)
        runner = self._runner = make_runner(self._app, shutdown_s=0.5)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", self.settings.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        if self.settings.https:
            context = Certificates(self.settings).context
            await web.TCPSite(runner, host, 0, ssl_context=context).start()
            self.https_url = f"https://{host}:{runner.addresses[1][1]}"
        for node in NODES:
            self.house.health.reached(node)  # there are none here, or fakes that come later
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def stranger(self) -> Client:
        """A browser that is not signed in."""
        http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self._stack.push_async_callback(http.close)
        return Client(self.url, http)

    async def sign_in(self, login: str, password: str = chain.PASSWORD) -> Client:
        """A browser signed in under this name."""
        client = await self.stranger()
        body = SignIn(login=login, password=password).model_dump()
        response = await client.post("/api/signin", json=body)
        assert response.status == 200, response.body
        client.person = response.read(Me).person
        return client
