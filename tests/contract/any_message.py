"""Hypothesis strategies for contract models: any value their fields allow."""

import enum
import types
import typing
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contract.base import Message


def messages(model: type[Message]) -> st.SearchStrategy[Any]:
    """Valid instances of `model`, nested models and unions included."""
    fields = {name: _field(info) for name, info in model.model_fields.items()}
    return st.fixed_dictionaries(fields).map(model.model_validate)


def _field(info: FieldInfo) -> st.SearchStrategy[Any]:
    return _constrained(info.annotation, list(info.metadata))


def _constrained(kind: Any, rules: list[Any]) -> st.SearchStrategy[Any]:
    while get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        for rule in more:
            rules += rule.metadata if isinstance(rule, FieldInfo) else [rule]
    while isinstance(kind, typing.NewType):
        kind = kind.__supertype__
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of(*(_constrained(each, list(rules)) for each in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(_constrained(arguments[0], []), min_size=_bound(rules, "min_length", 0), max_size=3)
    if origin is dict:
        return st.dictionaries(_constrained(arguments[0], []), _constrained(arguments[1], []), max_size=3)
    if kind is type(None):
        return st.none()
    if isinstance(kind, type):
        if issubclass(kind, enum.Enum):
            return st.sampled_from(kind)
        if issubclass(kind, BaseModel):
            return messages(typing.cast(type[Message], kind))
        if kind is bool:
            return st.booleans()
        if kind is int:
            return st.integers(
                _bound(rules, "ge", 0), min(_bound(rules, "le", 2**53 - 1), _bound(rules, "lt", 2**53) - 1)
            )
        if kind is float:
            return st.floats(_bound(rules, "ge", 0), _bound(rules, "le", 1_000_000), allow_nan=False)
        if kind is str:
            return _text(rules)
        if kind is date:
            return st.dates()
    raise NotImplementedError(f"no strategy for {kind}")


def _text(rules: list[Any]) -> st.SearchStrategy[str]:
    pattern = next((rule.pattern for rule in rules if getattr(rule, "pattern", None)), None)
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True).map(lambda text: text[: _bound(rules, "max_length", 1000)])
    least = _bound(rules, "min_length", 0)
    most = _bound(rules, "max_length", max(least, 20))
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=min(most, max(least, 20)))


def _bound(rules: list[Any], name: str, otherwise: int) -> int:
    flat: list[Any] = []
    for rule in rules:
        flat += list(rule) if isinstance(rule, at.GroupedMetadata) else [rule]
    return typing.cast(int, next((getattr(rule, name) for rule in flat if hasattr(rule, name)), otherwise))
