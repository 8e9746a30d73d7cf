"""A client's chat by the rule of docs/protocol.md, without IO: nothing lost, nothing shown twice, one order.

Contract: `welcome` after each `hello`, `take` for every frame after it, `due` when `deadline` (monotonic seconds) has
passed; send what they return, in order, as long as the connection holds. What `write` returns is sent at once, if the
client is welcomed, else by the next `welcome`.
"""

from dataclasses import dataclass, field

from contract.client import Ack, ClientMessage, Send, Sync
from contract.errors import ErrorCode
from contract.ids import ChannelId, ClientMessageId
from contract.server import ChatMessage, Error, Sent, ServerMessage, Synced, Welcome
from runtime import ids

ACK_EVERY = 20
ACK_AFTER_S = 0.5
EARLY_MESSAGES = 500
"""Policy of the buffer before a gap: more than that is dropped, and comes with the sync."""


def new_cid() -> ClientMessageId:
    """A client's id for a message or wish."""
    return ClientMessageId(ids.uuid7())


@dataclass(slots=True)
class _Channel:
    cursor: int = 0
    acked: int = 0
    ack_at: float | None = None
    syncing_after: int | None = None
    early: dict[int, ChatMessage] = field(default_factory=dict)


@dataclass(slots=True)
class Taken:
    """What a frame leads to."""

    shown: list[ChatMessage] = field(default_factory=list)
    say: list[ClientMessage] = field(default_factory=list)


class ChatRule:
    """Outbox and cursors are what a browser keeps on its disk; they outlive every connection."""

    def __init__(self) -> None:
        self.outbox: dict[ClientMessageId, Send] = {}
        self.failed: dict[ClientMessageId, ErrorCode] = {}
        self.duplicates = 0
        """Frames dropped because their message was shown before."""
        self.resent = 0
        self._channels: dict[ChannelId, _Channel] = {}
        self._again: dict[ClientMessageId, float] = {}
        self._sync_again_at: float | None = None

    @property
    def cursors(self) -> dict[ChannelId, int]:
        """The last message shown per channel, for `hello`."""
        return {channel: state.cursor for channel, state in self._channels.items()}

    def write(self, channel: ChannelId, body: str, cid: ClientMessageId) -> Send:
        """Into the outbox, before anything else."""
        message = Send(cid=cid, ch=channel, body=body)
        self.outbox[message.cid] = message
        return message

    def welcome(self, welcome: Welcome) -> list[ClientMessage]:
        """Connected: what was missed, then what is unsent, in the order of writing."""
        say: list[ClientMessage] = []
        for state in self._channels.values():
            state.syncing_after = None
            state.early.clear()
        for channel, head in welcome.heads.items():
            if head > self._channel(channel).cursor:
                say += self._sync(channel)
        self._again.clear()
        waiting = [message for message in self.outbox.values() if message.cid not in self.failed]
        self.resent += len(waiting)
        return say + waiting

    def take(self, message: ServerMessage, now: float) -> Taken:
        """One frame."""
        taken = Taken()
        match message:
            case ChatMessage():
                self._take(message, now, taken)
            case Synced(ch=ch, more=more):
                state = self._channel(ch)
                moved = state.syncing_after is None or state.cursor > state.syncing_after
                state.syncing_after = None
                if more or (state.early and moved):
                    taken.say += self._sync(ch)
            case Sent(cid=cid):
                self._sent(cid)
            case Error(cid=None, code=ErrorCode.TOO_MANY, retry_after_s=retry_after_s):
                self._sync_again_at = now + (retry_after_s or 0.0)  # a sync may have been refused: it has no cid
            case Error(cid=cid, code=code, retry_after_s=retry_after_s) if cid in self.outbox:
                if retry_after_s is None:
                    self.failed[cid] = code
                else:
                    self._again[cid] = now + retry_after_s
            case _:
                pass
        return taken

    @property
    def deadline(self) -> float | None:
        """When `due` has something to say."""
        acks = [state.ack_at for state in self._channels.values() if state.ack_at is not None]
        syncs = [] if self._sync_again_at is None else [self._sync_again_at]
        return min((*acks, *syncs, *self._again.values()), default=None)

    def due(self, now: float) -> list[ClientMessage]:
        """Acknowledgements of a moment, and what was to be sent again."""
        say: list[ClientMessage] = []
        for channel, state in self._channels.items():
            if state.ack_at is not None and now >= state.ack_at:
                say.append(self._ack(channel, state))
        if self._sync_again_at is not None and now >= self._sync_again_at:
            self._sync_again_at = None
            for channel, state in self._channels.items():
                if state.syncing_after is not None:
                    state.syncing_after = None
                    say += self._sync(channel)
        for cid in [cid for cid, at in self._again.items() if now >= at]:
            del self._again[cid]
            if cid in self.outbox:
                say.append(self.outbox[cid])
        return say

    def _take(self, message: ChatMessage, now: float, taken: Taken) -> None:
        state = self._channel(message.ch)
        if message.seq <= state.cursor:
            self.duplicates += 1
            return
        state.early[message.seq] = message
        while (following := state.early.pop(state.cursor + 1, None)) is not None:
            state.cursor += 1
            taken.shown.append(following)
            self._sent(following.cid)
        if state.early:
            if len(state.early) > EARLY_MESSAGES:
                state.early.clear()
            taken.say += self._sync(message.ch)
        if state.cursor - state.acked >= ACK_EVERY and state.syncing_after is None:
            taken.say.append(self._ack(message.ch, state))
        elif state.cursor > state.acked and state.ack_at is None:
            state.ack_at = now + ACK_AFTER_S

    def _sent(self, cid: ClientMessageId) -> None:
        self.outbox.pop(cid, None)
        self.failed.pop(cid, None)

    def _sync(self, channel: ChannelId) -> list[ClientMessage]:
        state = self._channel(channel)
        if state.syncing_after is not None:
            return []
        state.syncing_after = state.cursor
        return [Sync(ch=channel, after=state.cursor)]

    def _ack(self, channel: ChannelId, state: _Channel) -> Ack:
        state.ack_at = None
        state.acked = state.cursor
        return Ack(ch=channel, seq=state.cursor)

    def _channel(self, channel: ChannelId) -> _Channel:
        return self._channels.setdefault(channel, _Channel())
