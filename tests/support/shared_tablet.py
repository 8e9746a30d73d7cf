"""A tablet of store 0117 that its people take over by PIN."""

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action, AuditLine, AuditPage
from contract.http import Me
from contract.ids import PersonId, StoreId
from contract.people import Grant, Name, Operator, Role
from contract.takeover import PinGiven
from runtime import clock
from signaling.store import grants
from tests.support.server import Answer, Client, SignalingServer

PIN, OTHER = "4711", "9204"
TANG, WU, MING = PersonId("p-tang"), PersonId("p-wu"), PersonId("p-xiaolin")
TANG_IS = Operator(id=TANG, name=Name(zh="唐悦", en="Tang Yue"))
MING_IS = Operator(id=MING, name=Name(zh="林小雨", en="Lin Xiaoyu"))


class Time:
    """Wall time as this test wants it."""

    def __init__(self) -> None:
        self.ms = clock.wall_ms()

    def __call__(self) -> int:
        return self.ms


async def give(manager: Client, person: PersonId, store: str = "s-0117") -> str:
    answer = await manager.post(f"/api/stores/{store}/pins/{person}")
    assert answer.status == 201, answer.body
    return answer.read(PinGiven).pin


async def take(tablet: Client, pin: str, person: PersonId = TANG, new: str | None = None) -> Answer:
    return await tablet.post("/api/take-over", json={"person": person, "pin": pin, "new": new})


async def own_pin(server: SignalingServer, tablet: Client, pin: str = PIN, person: PersonId = TANG) -> None:
    """`person` has this PIN; the tablet is theirs."""
    once = await give(await server.sign_in("admin"), person)
    assert (await take(tablet, once, person, pin)).status == 200


async def operator(tablet: Client) -> Operator | None:
    return (await tablet.get("/api/me")).read(Me).person.operator


async def audited(server: SignalingServer, **sought: str) -> list[AuditLine]:
    admin = await server.sign_in("admin")
    asked = "&".join(f"{name}={value}" for name, value in sought.items())
    return (await admin.get(f"/api/audit?{asked}")).read(AuditPage).lines


async def acts(server: SignalingServer, action: Action) -> list[tuple[str | None, str | None, str | None, str]]:
    """Oldest first: who, as whom, on whom, and how."""
    found = await audited(server, action=action)
    return [(line.person, line.operator, line.object, line.detail) for line in reversed(found)]


async def staff(server: SignalingServer, person: PersonId, *stores: str) -> None:
    held = [Grant(role=Role.STAFF, store=StoreId(store)) for store in stores or ("s-0117",)]

    async def work(session: AsyncSession) -> None:
        await grants.replace(session, person, held)

    await server.house.database.write(work)
