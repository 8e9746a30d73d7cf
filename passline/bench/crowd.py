"""Many clients in many channels of a Passline: trainers open sessions, stores join them, everybody chats.

Each store sits in one session and has left another, whose chat it still reads, so that it follows two channels.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from argon2 import PasswordHasher

from contract.client import JoinRoom, LeaveRoom, OpenSession
from contract.ids import ChannelId, PersonId, RegionId, RoomId, StoreId, room_channel
from contract.people import Name, Person, Role, Store
from contract.server import ChatMessage, Done, ServerMessage
from passline.bench.chat_client import ChatClient
from passline.bench.chat_rule import new_cid
from passline.bench.ledger import Ledger
from runtime import clock
from runtime.settings import Settings
from runtime.supervise import TaskScope
from signaling.auth.passwords import Passwords
from signaling.auth.sign_ins import SignIns
from signaling.store.engine import Database
from signaling.store.schema import DATABASE
from signaling.store.seed import ChainSeed, PersonSeed, RegionSeed, seed

REGION = RegionId("r-bench")
NOBODY_SIGNS_IN = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Their sign-ins are put into the database: hundreds of honest password checks would take minutes."""

BODY = "冰箱温度偏高，请看一下压缩机"

Cookies = dict[PersonId, str]


async def prepare(data: Path, *, trainers: int, stores: int) -> tuple[Cookies, Cookies]:
    """Write people and their sign-ins into an empty data directory: the cookies of the trainers, of the stores."""
    tablets = tablets_of(shops(stores))
    teachers = [
        Person(id=PersonId(f"p-trainer-{n}"), role=Role.TRAINER, name=Name(zh=f"培训师{n}", en=f"Trainer {n}"))
        for n in range(trainers)
    ]
    cookies = await sign_in(data, [PersonSeed(one, one.id, "not used") for one in (*teachers, *tablets)])
    return {one.id: cookies[one.id] for one in teachers}, {one.id: cookies[one.id] for one in tablets}


def shops(count: int) -> list[Store]:
    """Stores of the one region."""
    return [
        Store(id=StoreId(f"s-{n:04}"), number=f"{n:04}", name=Name(zh=f"门店{n}", en=f"Store {n}"), region=REGION)
        for n in range(count)
    ]


def tablets_of(stores: Sequence[Store]) -> list[Person]:
    """One tablet each."""
    return [
        Person(id=PersonId(f"p-store-{store.number}"), role=Role.STORE, name=store.name, store=store)
        for store in stores
    ]


async def sign_in(data: Path, people: Sequence[PersonSeed]) -> Cookies:
    """Write these people, the stores of whose tablets, and a sign-in of each into an empty data directory."""
    name = Name(zh="试验", en="Trial")
    stores = [one.person.store for one in people if one.person.store is not None]
    chain = ChainSeed(name, [RegionSeed(REGION, name)], stores, list(people))
    await seed(Settings(data=data), chain, Passwords(NOBODY_SIGNS_IN))
    async with Database(data / DATABASE) as database:
        sign_ins = SignIns(database)
        secrets = await asyncio.gather(*(sign_ins.open(one.person.id, one.person.role, "bench") for one in people))
        return {one.person.id: secret for one, secret in zip(people, secrets, strict=True)}


def browsers() -> ClientSession:
    """What any number of clients connect by; each sends its own cookie. Close it."""
    return ClientSession(connector=TCPConnector(limit=0), cookie_jar=DummyCookieJar())


class Listener(Protocol):
    """Hears everything that comes to anybody."""

    def on_shown(self, person: PersonId, message: ChatMessage) -> None: ...

    def on_heard(self, person: PersonId, message: ServerMessage) -> None: ...


@dataclass
class Member:
    """A client, what it reads, and where it may write."""

    person: PersonId
    client: ChatClient
    home: ChannelId
    reads: list[ChannelId]


class Crowd:
    """Connected clients; use as a context. The visitor (person, cookie) may read every channel and does not stay."""

    def __init__(
        self,
        url: str,
        trainers: Cookies,
        stores: Cookies,
        listeners: Sequence[Listener],
        *,
        visitor: tuple[PersonId, str] | None = None,
    ) -> None:
        self.members: dict[PersonId, Member] = {}
        self._url = url
        self._cookies = (trainers, stores)
        self._listeners = listeners
        self._visitor = visitor
        self._http = browsers()
        self._scope = TaskScope("crowd")

    async def __aenter__(self) -> "Crowd":
        trainers, stores = self._cookies
        clients = {
            person: self._client(person, cookie, number)
            for number, (person, cookie) in enumerate((trainers | stores).items())
        }
        for person, client in clients.items():
            self._scope.spawn(client.stay(), name=person)
        await asyncio.gather(*(client.online() for client in clients.values()))
        groups = {trainer: list(stores)[n :: len(trainers)] for n, trainer in enumerate(trainers)}
        guests = dict(zip(trainers, [*list(groups.values())[1:], next(iter(groups.values()))], strict=True))
        visitors = [self._visitor[0]] if self._visitor else []
        rooms = await asyncio.gather(
            *(_open(clients[trainer], sorted({*groups[trainer], *guests[trainer], *visitors})) for trainer in trainers)
        )
        await self._show_around(rooms)
        homes = dict(zip(trainers, rooms, strict=True))
        for trainer, room in homes.items():
            await asyncio.gather(*(_visit(clients[guest], room) for guest in guests[trainer] if len(rooms) > 1))
        for trainer, room in homes.items():
            await asyncio.gather(*(_join(clients[store], room) for store in groups[trainer]))
        for trainer, room in homes.items():
            home = room_channel(room)
            for person in (trainer, *groups[trainer]):
                clients[person].seat = room
                also = [room_channel(homes[other]) for other, visitors in guests.items() if person in visitors]
                self.members[person] = Member(person, clients[person], home, list(dict.fromkeys([home, *also])))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._scope.aclose()
        await self._http.close()

    def _client(self, person: PersonId, cookie: str, seed: int) -> ChatClient:
        def shown(message: ChatMessage) -> None:
            for listener in self._listeners:
                listener.on_shown(person, message)

        def heard(message: ServerMessage) -> None:
            for listener in self._listeners:
                listener.on_heard(person, message)

        return ChatClient(self._http, self._url, cookie, shown=shown, heard=heard, seed=seed)

    async def _show_around(self, rooms: Sequence[RoomId]) -> None:
        """The visitor has a seat in every room for a moment, and so reads them all from then on."""
        if self._visitor is None:
            return
        person, cookie = self._visitor
        visitor = self._client(person, cookie, len(rooms))
        staying = self._scope.spawn(visitor.stay(), name=person)
        await visitor.online()
        for room in rooms:
            await _visit(visitor, room)
        staying.cancel()
        await asyncio.wait([staying])

    def readers(self) -> dict[ChannelId, list[PersonId]]:
        """Who follows each channel."""
        found: dict[ChannelId, list[PersonId]] = {}
        for member in self.members.values():
            for channel in member.reads:
                found.setdefault(channel, []).append(member.person)
        return found

    async def chat(
        self, messages: int, seconds: float, ledger: Ledger, chance: random.Random, body: str = BODY
    ) -> None:
        """So many messages, evenly over so many seconds, each by somebody in their own room."""
        members = list(self.members.values())
        began = clock.now()
        for number in range(messages):
            await asyncio.sleep(max(0.0, began + seconds * number / messages - clock.now()))
            member = chance.choice(members)
            cid = new_cid()
            ledger.wrote(member.home, cid)
            await member.client.write(member.home, body, cid)


async def _open(trainer: ChatClient, invite: list[PersonId]) -> RoomId:
    done = await trainer.do(OpenSession(cid=new_cid(), title=Name(zh="培训", en="Training"), invite=invite))
    assert isinstance(done, Done), done
    assert done.room is not None
    return done.room


async def _join(store: ChatClient, room: RoomId) -> None:
    done = await store.do(JoinRoom(cid=new_cid(), room=room, consent=True))
    assert isinstance(done, Done), done


async def _visit(store: ChatClient, room: RoomId) -> None:
    await _join(store, room)
    left = await store.do(LeaveRoom(cid=new_cid(), room=room))
    assert isinstance(left, Done), left
