"""The audit as it is read from outside: which acts are written down, and one line about each."""

from enum import StrEnum

from contract.base import Message, WallMs
from contract.ids import PersonId
from contract.people import Name


class Action(StrEnum):
    """What was done. One that was ever written is never taken out again: old lines must stay readable."""

    SIGNED_IN = "signed_in"
    """The detail says how, if not by a password."""
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    CALL_STARTED = "call_started"
    SESSION_OPENED = "session_opened"
    ROOM_JOINED = "room_joined"
    """With consent to the recording: nobody joins without."""
    ROOM_LEFT = "room_left"
    ASKED_IN = "asked_in"
    """An expert was asked into a call; `instead`: to take over."""
    ASKED_IN_VAIN = "asked_in_vain"
    """Who was asked declined, did not answer, or was not needed any more."""
    ROOM_CLOSED = "room_closed"
    TOKEN_ISSUED = "token_issued"
    """For a guest of WHIP or WHEP; whoever issued it gave the consent for whoever is before that device."""
    TOKEN_REVOKED = "token_revoked"
    GUEST_REMOVED = "guest_removed"
    """Put out; with its token it may come back."""
    VISIT_OFFERED = "visit_offered"
    """A link for a visitor was made; the detail names it."""
    VISIT_WITHDRAWN = "visit_withdrawn"
    VISIT_OPENED = "visit_opened"
    """Somebody who is not signed in looked at a link, for the first time."""
    VISITOR_CAME = "visitor_came"
    """Told a name and consented to the recording; the link is used up."""
    VISITOR_WAITS = "visitor_waits"
    VISITOR_ADMITTED = "visitor_admitted"
    VISITOR_REFUSED = "visitor_refused"
    VISITOR_REMOVED = "visitor_removed"
    VISITOR_LEFT = "visitor_left"
    """Or was not heard any more while it waited: `gone`."""
    STILL_ASKED = "still_asked"
    REPLAY_OPENED = "replay_opened"
    FILE_OPENED = "file_opened"
    STILL_OPENED = "still_opened"
    QUALITY_OPENED = "quality_opened"
    TIMINGS_OPENED = "timings_opened"
    """How quick the calls of stores were, together."""
    TIMINGS_EXPORTED = "timings_exported"
    PUBLISHED = "published"
    RECORDING_DELETED = "recording_deleted"
    """By the rule of age, so by nobody."""
    DAMAGE_FOUND = "damage_found"
    PERSON_ADDED = "person_added"
    PERSON_DISABLED = "person_disabled"
    PERSON_ENABLED = "person_enabled"
    HANDED_OVER = "handed_over"
    """Somebody left: a callback, or all that they may replay, is their successor's; the detail names both."""
    PERSON_RENAMED = "person_renamed"
    PERSON_CHANGED = "person_changed"
    """Name, title or skills; by a list also a manager's region."""
    ROLES_CHANGED = "roles_changed"
    """What they may do, and where; the detail says it as it is from now on."""
    PASSWORD_SET = "password_set"
    INVITED = "invited"
    """To choose a password."""
    BREAK_GLASS_MADE = "break_glass_made"
    """A link was made on the server with which an administrator signs in once, without password or provider."""
    IDENTITY_LINKED = "identity_linked"
    """From now on an account of the identity provider signs in as this person."""
    IDENTITY_UNLINKED = "identity_unlinked"
    DEVICE_INVITED = "device_invited"
    """A code was made that makes a tablet a store's device."""
    DEVICE_ENROLLED = "device_enrolled"
    """By the device itself, for its store."""
    DEVICE_REVOKED = "device_revoked"
    TABLET_TAKEN = "tablet_taken"
    """By a tablet: the person who is the object has taken it over with a PIN."""
    TABLET_HANDED_BACK = "tablet_handed_back"
    """The detail says how: `button`, `idle`, `replaced`, `signed_out`, `left`; another PIN: `pin_given`, `pin_set`."""
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    """Too many wrong ones, for the person or the tablet that is the object."""
    PIN_UNLOCKED = "pin_unlocked"
    PIN_GIVEN = "pin_given"
    """One of use once, to the person who is the object."""
    PIN_SET = "pin_set"
    """By a person, at a tablet: a PIN that only they know."""
    CHAIN_NAMED = "chain_named"
    REGION_ADDED = "region_added"
    REGION_RENAMED = "region_renamed"
    STORE_ADDED = "store_added"
    STORE_CHANGED = "store_changed"
    """Its name or its region."""
    STORE_CLOSED = "store_closed"
    """Its tablets are out."""
    STORE_OPENED = "store_opened"
    ROUTING_CHANGED = "routing_changed"
    """The chains that calls go through."""
    BOT_ADDED = "bot_added"
    """A bot that tells a group chat of calls."""
    BOT_CHANGED = "bot_changed"
    BOT_REMOVED = "bot_removed"
    PROFILE_CHANGED = "profile_changed"
    """When an expert can be rung, and for what."""
    POLICY_CHANGED = "policy_changed"
    """A rule of the chain, which is the object; the detail says what it was and what it is."""
    EQUIPMENT_ADDED = "equipment_added"
    """The detail is the code on its sticker, as in the lines below."""
    EQUIPMENT_CHANGED = "equipment_changed"
    EQUIPMENT_RETIRED = "equipment_retired"
    """Its sticker calls nobody any more."""
    EQUIPMENT_BROUGHT_BACK = "equipment_brought_back"
    STICKERS_PRINTED = "stickers_printed"
    """One line for each store; the detail counts them."""
    CALL_URGENT = "call_urgent"
    """Its store said so."""
    CALLBACK_TAKEN = "callback_taken"
    CALLBACK_REOPENED = "callback_reopened"
    CALLBACK_DONE = "callback_done"
    CALLBACK_LATE = "callback_late"
    """By the clock, so by nobody."""
    AUDIT_OPENED = "audit_opened"
    AUDIT_EXPORTED = "audit_exported"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    """From a backup; the rows between the backup and this one are in what was put aside."""


class AuditLine(Message):
    """One act, with the names that its ids have today."""

    seq: int
    """1 for the first; no number is ever left out."""
    at: WallMs
    action: Action
    person: PersonId | None
    """Who did it; none: nobody who was signed in."""
    name: Name | None = None
    """Of `person`, if it is somebody of the house."""
    operator: PersonId | None = None
    """Who had taken the tablet over that is `person`; then it is they who did it."""
    operator_name: Name | None = None
    object: str | None = None
    """What it was done to: the id of a room, a still, a person, a store, a region."""
    about: Name | None = None
    """What `object` is called, if it is a person, a store or a region."""
    address: str
    """Where from; empty for what the server did by itself."""
    detail: str
    """Codes and counts, never content."""
    hash: str
    """SHA-256 of the row and of the one before, in hex: see docs/security.md."""


class AuditPage(Message):
    """Newest first."""

    lines: list[AuditLine]
    next: int | None = None
    """`before` of the following page; none: there is none."""
