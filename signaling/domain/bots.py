"""What group chats hear of calls, and in which words.

Pure. Nothing is queued: what is worth telling follows from the calls and callbacks as they are, and a bot has heard it
or not. So what is answered or called back meanwhile is not told any more, and what could not be told yet still is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract.bots import Occasion
from contract.callbacks import Callback, CallbackState, Urgency
from contract.ids import RegionId
from contract.people import Name, Store
from contract.rooms import CallStage, Reason, RoomState
from contract.routing import Language
from signaling.domain.callbacks import LATE, begins_ms
from signaling.domain.outgoing import by_store

MOST_LINES = 15
"""In one message; the rest is a number. The chats take 20 000 characters, people less."""
_MINUTE_MS = 60_000
_REASONS = {
    Reason.ANY: Name(zh="呼叫总部", en="calls headquarters"),
    Reason.EQUIPMENT: Name(zh="设备坏了", en="equipment"),
    Reason.DISHES: Name(zh="菜品问题", en="a dish"),
    Reason.OTHER: Name(zh="其他问题", en="something else"),
}
_WORDS = {
    Occasion.CALLING: Name(zh="正在呼叫，还没人接", en="is calling, nobody has answered yet"),
    Occasion.WAITING: Name(zh="专家都在忙，正在排队", en="waits in the queue, everybody is busy"),
}
_CALL_BACK = Name(zh="没人接听，请在 {minutes} 分钟内回电", en="called in vain, call back within {minutes} min")
_ASKED = Name(zh="请在 {minutes} 分钟内回电", en="is to be called back within {minutes} min")
_BOOKED = Name(zh="约了回电，请在 {minutes} 分钟后回电", en="has booked a call, call back in {minutes} min")
_LATE = Name(zh="回电超时，已经等了 {minutes} 分钟", en="was not called back in time, it has waited for {minutes} min")
_CALLS = Name(zh="，共呼叫 {calls} 次", en=", {calls} calls")
_MORE = Name(zh="还有 {more} 条", en="and {more} more")
_OPEN = Name(zh="打开店线通：{url}", en="Open Passline: {url}")
_TITLE = Name(zh="【店线通】", en="Passline")
_TRIAL = Name(zh="测试消息：门店的呼叫会发到这个群。", en="This is a test: this group will hear of stores' calls.")


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing worth telling."""

    key: str
    """The same for as long as it is the same thing."""
    occasion: Occasion
    store: Store
    reason: Reason
    since_ms: int
    """When the store called, or wants to be called back: a bot that was added later has not missed it."""
    item: Callback | None = None

    def concerns(self, occasions: Iterable[Occasion], region: RegionId | None, from_ms: int) -> bool:
        """Whether a bot for these occasions and stores, there since `from_ms`, tells it."""
        return self.occasion in occasions and region in (None, self.store.region) and self.since_ms >= from_ms


def tellings(states: Iterable[RoomState], callbacks: Iterable[Callback]) -> list[Telling]:
    """Everything that is worth telling now, who called first first."""
    return sorted([*_calls(states), *_callbacks(callbacks)], key=lambda one: (one.since_ms, one.key))


def _calls(states: Iterable[RoomState]) -> Iterator[Telling]:
    for state in states:
        call = state.call
        if call is None or call.store is None:
            continue
        if call.pending and state.closed_at is None and by_store(state):
            occasion = Occasion.WAITING if call.stage is CallStage.WAITING else Occasion.CALLING
            yield Telling(f"{state.id}:{occasion}", occasion, call.store, call.reason, call.timings.tap)


def _callbacks(items: Iterable[Callback]) -> Iterator[Telling]:
    for item in items:
        promised = item.state is CallbackState.TAKEN and item.urgency not in LATE
        later = item.at is not None and item.urgency is Urgency.NONE
        if item.state is not CallbackState.DONE and not promised and not later:
            begins = begins_ms(item)
            key = f"{item.room}:{Occasion.CALLBACK}:{item.urgency}:{begins}"
            yield Telling(key, Occasion.CALLBACK, item.store, item.reason, begins, item)


def text(told: list[Telling], language: Language, now_ms: int, url: str | None) -> str:
    """One message that says all of it, with the way to us if we know it."""
    lines = [_line(one, language, now_ms) for one in told[:MOST_LINES]]
    if more := told[MOST_LINES:]:
        lines.append(_in(_MORE, language).format(more=len(more)))
    return _message(lines, language, url)


def trial(language: Language, url: str | None) -> str:
    """A message that only tries whether it arrives."""
    return _message([_in(_TRIAL, language)], language, url)


def _message(lines: list[str], language: Language, url: str | None) -> str:
    title, *rest = [_in(_TITLE, language), *lines, *([_in(_OPEN, language).format(url=url)] if url else [])]
    return "\n".join([title, *rest])


def _line(one: Telling, language: Language, now_ms: int) -> str:
    store = f"{_plain(_in(one.store.name, language))} {_plain(one.store.number)}"
    reason = _in(_REASONS[one.reason], language)
    says = _of_callback(one.item, language, now_ms) if one.item is not None else _in(_WORDS[one.occasion], language)
    return f"{store}（{reason}）：{says}" if language is Language.ZH else f"{store} ({reason}): {says}"


def _of_callback(item: Callback, language: Language, now_ms: int) -> str:
    booked = item.at is not None or item.calls == 0
    if item.urgency in LATE:
        says, span_ms = _LATE, now_ms - begins_ms(item)
    elif item.at is not None and now_ms < item.at:
        says, span_ms = _BOOKED, item.at - now_ms
    else:
        says, span_ms = _ASKED if booked else _CALL_BACK, item.due_at - now_ms
    words = _in(says, language).format(minutes=max(1, -(-span_ms // _MINUTE_MS)))
    return words + (_in(_CALLS, language).format(calls=item.calls) if item.calls > 1 else "")


def _in(name: Name, language: Language) -> str:
    return name.zh if language is Language.ZH else name.en or name.zh


def _plain(words: str) -> str:
    """A name in which no chat finds a mark of its own, as Feishu's `<at user_id="all">`, or a line break."""
    return " ".join(words.replace("<", "＜").replace(">", "＞").replace("@", "＠").split())
