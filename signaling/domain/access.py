"""What somebody may do, and where: the acts, the roles that may do them, and the places that a grant reaches.

Pure, and the only place in which a role decides anything: the doors of HTTP ask `somewhere`, whoever reaches for an
object asks `may` with the place of that object, and queries ask `scope_of` for their clause. What is somebody's own
(a room they are in, a recording that was published to them) is no matter of a grant and is decided with the object.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contract.ids import RegionId, StoreId
from contract.people import Grant, Person, Role, Store
from contract.rooms import RoomState


class Act(StrEnum):
    """Something that not everybody may do everywhere."""

    CONNECT = "connect"
    """Know who one is, and open a WebSocket."""
    BE_HERE = "be_here"
    """See what is one's own."""
    KEEP_PASSKEYS = "keep_passkeys"
    """Have passkeys of one's own: people, on devices that are theirs."""
    TAKE_OWN_COPY = "take_own_copy"
    """Take a copy of all that is kept about oneself: people."""
    KEEP_PROGRESS = "keep_progress"
    """Have it remembered how far one watched."""
    CALL = "call"
    """Call for help, from a store."""
    CALL_STORE = "call_store"
    """Call a store, from headquarters."""
    CALL_COLLEAGUE = "call_colleague"
    """See who works at headquarters, call them, and be called by them."""
    BE_RUNG = "be_rung"
    """Be rung by a store's call."""
    TAKE_PART = "take_part"
    """Send and get media, in a room that one is in."""
    OPEN_SESSION = "open_session"
    """Open a group session and invite a store."""
    RELAY = "relay"
    """Use the chain's TURN server."""
    LET_IN = "let_in"
    """Let guests into a room that one leads."""
    INVITE_VISITOR = "invite_visitor"
    """Invite a visitor into a call that one is in, and admit them."""
    VISIT = "visit"
    """Come into the one call that one was invited into."""
    LET_IN_ANYWHERE = "let_in_anywhere"
    """Let guests into any room, and see which tokens there are."""
    SEE_EXPERTS = "see_experts"
    SEE_STORE = "see_store"
    """See in the directory whether a store's tablets are free."""
    SEE_CALLBACK = "see_callback"
    WORK_CALLBACK = "work_callback"
    """Take a callback, and say that it is done."""
    OVERSEE_CALLBACK = "oversee_callback"
    """Do so with what somebody else has taken."""
    SEE_QUEUE = "see_queue"
    """See that a store's call waits, and for about how long."""
    SEE_ARCHIVE = "see_archive"
    """Replay what was recorded with a store, also of others."""
    SEE_QUALITY = "see_quality"
    """See how well the media of a store's call went."""
    PUBLISH = "publish"
    """Show a recording of a room that one was in to a role."""
    PUBLISH_ANY = "publish_any"
    READ_AUDIT = "read_audit"
    READ_STORES = "read_stores"
    """Read stores, with their tablets and devices."""
    TEST_ITSELF = "test_itself"
    """Say how one's own tablet is."""
    SEE_SELF_TESTS = "see_self_tests"
    """See what a store's tablets say of themselves, and have one look again."""
    CHANGE_STORES = "change_stores"
    """Add and change stores and regions, enrol devices and take them back."""
    SEE_EQUIPMENT = "see_equipment"
    """See a store's machines, and print their stickers."""
    CHANGE_EQUIPMENT = "change_equipment"
    """Add and change machines, and retire them."""
    CHANGE_PEOPLE = "change_people"
    """Add people, say what they may do, keep them out."""
    BE_TAKEN_OVER = "be_taken_over"
    """Be a tablet that somebody takes over with a PIN."""
    TAKE_OVER = "take_over"
    """Take a store's tablets over."""
    GIVE_PIN = "give_pin"
    """Give somebody of a store a PIN of one use, and unlock who typed too many wrong ones."""
    CHANGE_ROUTING = "change_routing"
    """Say whom calls ring."""
    CHANGE_POLICIES = "change_policies"
    """Set the chain's rules (signaling.domain.policies)."""


_EVERYBODY = frozenset({Act.CONNECT, Act.BE_HERE, Act.KEEP_PROGRESS})
_SOMEBODY = _EVERYBODY | {Act.KEEP_PASSKEYS, Act.TAKE_OWN_COPY}
"""Not a tablet, which everybody in the store holds."""
_OVERSEEN = frozenset(
    {
        Act.CALL_STORE,
        Act.CALL_COLLEAGUE,
        Act.TAKE_PART,
        Act.INVITE_VISITOR,
        Act.RELAY,
        Act.SEE_EXPERTS,
        Act.SEE_STORE,
        Act.SEE_CALLBACK,
        Act.WORK_CALLBACK,
        Act.OVERSEE_CALLBACK,
        Act.SEE_QUEUE,
        Act.SEE_ARCHIVE,
        Act.SEE_QUALITY,
        Act.READ_STORES,
        Act.SEE_EQUIPMENT,
        Act.SEE_SELF_TESTS,
    }
)
"""To answer for stores."""
ROLES: dict[Role, frozenset[Act]] = {
    Role.STORE: _EVERYBODY
    | {
        Act.CALL,
        Act.TEST_ITSELF,
        Act.TAKE_PART,
        Act.RELAY,
        Act.SEE_EXPERTS,
        Act.SEE_CALLBACK,
        Act.SEE_QUEUE,
        Act.SEE_ARCHIVE,
        Act.SEE_EQUIPMENT,
        Act.BE_TAKEN_OVER,
    },
    Role.EXPERT: _SOMEBODY
    | {
        Act.CALL_STORE,
        Act.CALL_COLLEAGUE,
        Act.BE_RUNG,
        Act.TAKE_PART,
        Act.RELAY,
        Act.LET_IN,
        Act.INVITE_VISITOR,
        Act.SEE_EXPERTS,
        Act.SEE_STORE,
        Act.SEE_CALLBACK,
        Act.WORK_CALLBACK,
        Act.SEE_QUEUE,
        Act.PUBLISH,
    },
    Role.TRAINER: _SOMEBODY
    | {
        Act.OPEN_SESSION,
        Act.CALL_STORE,
        Act.CALL_COLLEAGUE,
        Act.TAKE_PART,
        Act.RELAY,
        Act.LET_IN,
        Act.INVITE_VISITOR,
        Act.SEE_EXPERTS,
        Act.SEE_STORE,
        Act.PUBLISH,
    },
    Role.MANAGER: _SOMEBODY | _OVERSEEN | {Act.TAKE_OVER, Act.GIVE_PIN},
    Role.STAFF: _SOMEBODY | {Act.TAKE_OVER},
    Role.STORE_MANAGER: _SOMEBODY
    | (  # the store waits, headquarters calls back
        _OVERSEEN
        - {
            Act.WORK_CALLBACK,
            Act.OVERSEE_CALLBACK,
            Act.CALL_STORE,
            Act.CALL_COLLEAGUE,
            Act.TAKE_PART,
            Act.INVITE_VISITOR,
            Act.RELAY,
        }
    )
    | {Act.TAKE_OVER, Act.GIVE_PIN},
    Role.OPERATIONS: _SOMEBODY | _OVERSEEN | {Act.PUBLISH, Act.PUBLISH_ANY},
    Role.LEARNER: _SOMEBODY,
    Role.AUDITOR: frozenset(
        {Act.CONNECT, Act.BE_HERE, Act.KEEP_PASSKEYS, Act.TAKE_OWN_COPY, Act.READ_AUDIT, Act.SEE_ARCHIVE}
    ),
    Role.ADMIN: _SOMEBODY
    | _OVERSEEN
    | {
        Act.LET_IN,
        Act.LET_IN_ANYWHERE,
        Act.PUBLISH,
        Act.PUBLISH_ANY,
        Act.READ_AUDIT,
        Act.CHANGE_STORES,
        Act.CHANGE_EQUIPMENT,
        Act.CHANGE_PEOPLE,
        Act.GIVE_PIN,
        Act.CHANGE_ROUTING,
        Act.CHANGE_POLICIES,
    },
    Role.VISITOR: frozenset({Act.CONNECT, Act.VISIT, Act.TAKE_PART, Act.RELAY}),
    Role.GUEST: frozenset(),
}
"""What each role is for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object lies: in a store, in a region, or (neither) nowhere but in the chain."""

    region: RegionId | None = None
    store: StoreId | None = None


CHAIN = Place()
"""Of what belongs to no store and no region: people, the chains of calls. Only a grant for the chain reaches it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What several grants reach together; nothing without any."""

    chain: bool = False
    regions: frozenset[RegionId] = frozenset()
    stores: frozenset[StoreId] = frozenset()

    def __bool__(self) -> bool:
        return self.chain or bool(self.regions) or bool(self.stores)

    def covers(self, at: Place) -> bool:
        """Whether `at` lies within."""
        return self.chain or at.region in self.regions or at.store in self.stores


EVERYWHERE = Scope(chain=True)
NOWHERE = Scope()


def scope_of(act: Act, grants: Iterable[Grant]) -> Scope:
    """Where these grants allow `act`."""
    allowing = [grant for grant in grants if act in ROLES[grant.role]]
    return Scope(
        chain=any(grant.region is None and grant.store is None for grant in allowing),
        regions=frozenset(grant.region for grant in allowing if grant.region is not None),
        stores=frozenset(grant.store for grant in allowing if grant.store is not None),
    )


def may(act: Act, grants: Iterable[Grant], at: Place) -> bool:
    """Whether these grants allow `act` on an object that lies `at`."""
    return scope_of(act, grants).covers(at)


def somewhere(act: Act, grants: Iterable[Grant]) -> bool:
    """Whether these grants allow `act` on anything at all: whether to open the door, not on what."""
    return bool(scope_of(act, grants))


def roles_for(act: Act) -> frozenset[Role]:
    """Who may do it, somewhere."""
    return frozenset(role for role, acts in ROLES.items() if act in acts)


def place_of(store: Store) -> Place:
    return Place(store.region, store.id)


def at_store(person: Person) -> bool:
    """Whether it is a store's tablet. Who manages a store has one too, and is of headquarters in a call."""
    return person.role is Role.STORE


def visits(person: Person) -> bool:
    """Whether it is a visitor: somebody without an account, who came into one call by a link."""
    return person.role is Role.VISITOR


def may_in_room(act: Act, grants: Sequence[Grant], state: RoomState) -> bool:
    """Whether these grants allow `act` on a room: in every store that is in it. One without any lies in the chain."""
    tablets = [member.person for member in state.members if at_store(member.person)]
    stores = [tablet.store for tablet in tablets if tablet.store is not None]
    if state.call is not None:
        stores += [state.call.store] if state.call.store is not None else []
    return all(may(act, grants, place) for place in [place_of(store) for store in stores] or [CHAIN])
