"""Between values and what msgpack and JSON can carry: maps, lists, strings, numbers, bytes.

`to_plain` turns frozen dataclasses into maps; `from_plain(type, thing)` turns them back and trusts nothing: every field
is checked against its annotation. A field that the type lacks is passed over, so that newer nodes may add some. A field
has its own name on the wire and on disk, or the one that it is `called` there.

msgspec is not used: as of 0.23 it cannot give the fields of a dataclass other names, and takes NaN and infinity for
numbers. It is five times as fast, but a chunk of five minutes would gain only two thousandths of a second by that.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from swarmstt.errors import PeerError

Value = TypeVar("Value")
Decode = Callable[[Any], Any]

_AS_THEY_ARE = frozenset({str, bytes, bool, int, float, type(None)})
_CALLED = "called"
_UNSAID = "unsaid"

UNSAID_IF_NONE: Mapping[str, Any] = {_UNSAID: True}
"""Metadata of a dataclass field that is left out of the map while it is None: earlier versions, which know no None
there, then take their own default."""


class PlainError(PeerError):
    """What was received does not have the shape that was expected."""


def called(name: str) -> Mapping[str, str]:
    """Returns a dataclass field this name on the wire and on disk: `info: NodeInfo = field(metadata=called("card"))`.

    It is the field's metadata and not a field of its own making, because type checkers only know `field` itself: with
    any other function they would take every such field for one that has a default.
    """
    return {_CALLED: name}


def to_plain(value: Any) -> Any:
    """Make maps of dataclasses, values of enums, lists of tuples and sets; the rest stays as it is."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    names = _field_names(kind)  # type: ignore[arg-type] # mypy: a class is hashable
    if names is not None:
        return {
            outside: to_plain(held)
            for name, outside, unsaid in names
            if (held := getattr(value, name)) is not None or not unsaid
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(to_plain(each) for each in value)
    if isinstance(value, (tuple, list)):
        return [to_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: to_plain(each) for key, each in value.items()}
    return value


@cache
def _field_names(kind: type) -> tuple[tuple[str, str, bool], ...] | None:
    """Of a dataclass: each field's name, what it is called outside, and whether None is left out; None for any other
    type."""
    if not is_dataclass(kind):
        return None
    return tuple((each.name, called_name(each), _UNSAID in each.metadata) for each in fields(kind))


def called_name(field: Field[Any]) -> str:
    """Returns the name of a field on the wire and on disk."""
    name: str = field.metadata.get(_CALLED, field.name)
    return name


def from_plain(kind: type[Value], thing: Any) -> Value:
    """Return the value of this type that `to_plain` made `thing` from; PlainError if it cannot be one."""
    decode: Decode = decoder(kind)  # type: ignore[arg-type] # mypy: a class is hashable
    value: Value = decode(thing)
    return value


@cache
def decoder(kind: Any) -> Decode:
    """Return the function that checks and builds a value of this type."""
    if isinstance(kind, NewType):
        return decoder(kind.__supertype__)
    if kind in (str, bytes, bool, int, type(None)):
        return _exactly(kind)
    if kind is float:
        return _finite_float
    if kind is Any:
        return lambda thing: thing
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _one_of(arguments)
    if origin in (Union, types.UnionType):
        return _first_that_fits([decoder(each) for each in arguments])
    if origin is tuple:
        return _tuple(arguments)
    if origin is frozenset:
        return _frozenset(decoder(arguments[0]))
    if origin is dict:
        return _dict(decoder(arguments[0]), decoder(arguments[1]))
    if isinstance(kind, type):
        return _class(kind)
    raise TypeError(f"No plain form is defined for {kind!r}.")


def _class(kind: type) -> Decode:
    if issubclass(kind, Enum):
        return _one_of_enum(kind)
    if is_dataclass(kind):
        return _dataclass(kind)
    raise TypeError(f"No plain form is defined for {kind!r}.")


def _exactly(kind: type) -> Decode:
    def decode(thing: Any) -> Any:
        if type(thing) is not kind:
            raise PlainError(f"{kind.__name__} was expected, not {type(thing).__name__}.")
        return thing

    return decode


def _finite_float(thing: Any) -> float:
    if type(thing) is float and math.isfinite(thing):
        return thing
    if type(thing) is int:
        with suppress(OverflowError):  # JSON has whole numbers of any length
            return float(thing)
    raise PlainError("A finite number was expected.")


def _one_of(choices: tuple[Any, ...]) -> Decode:
    def decode(thing: Any) -> Any:
        if not isinstance(thing, (str, int)) or thing not in choices:
            raise PlainError(f"One of {choices} was expected.")
        return thing

    return decode


def _one_of_enum(kind: type[Enum]) -> Decode:
    members = {member.value: member for member in kind}

    def decode(thing: Any) -> Any:
        if not isinstance(thing, str) or thing not in members:
            raise PlainError(f"A {kind.__name__} was expected.")
        return members[thing]

    return decode


def _first_that_fits(decoders: list[Decode]) -> Decode:
    def decode(thing: Any) -> Any:
        for each in decoders[:-1]:
            with suppress(PlainError):
                return each(thing)
        return decoders[-1](thing)

    return decode


def _tuple(arguments: tuple[Any, ...]) -> Decode:
    if len(arguments) != 2 or arguments[1] is not Ellipsis:
        raise TypeError("Only tuples of any length have a plain form.")
    decode_each = decoder(arguments[0])

    def decode(thing: Any) -> Any:
        return tuple([decode_each(each) for each in _list(thing)])

    return decode


def _frozenset(decode_each: Decode) -> Decode:
    def decode(thing: Any) -> Any:
        return frozenset([decode_each(each) for each in _list(thing)])

    return decode


def _list(thing: Any) -> Any:
    if not isinstance(thing, (list, tuple)):
        raise PlainError("A list was expected.")
    return thing


def _dict(decode_key: Decode, decode_value: Decode) -> Decode:
    def decode(thing: Any) -> Any:
        if not isinstance(thing, dict):
            raise PlainError("A map was expected.")
        return {decode_key(key): decode_value(value) for key, value in thing.items()}

    return decode


def _dataclass(kind: type) -> Decode:
    hints = get_type_hints(kind)
    known = [
        (
            field.name,
            called_name(field),
            decoder(hints[field.name]),
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(kind)
    ]

    def decode(thing: Any) -> Any:
        if not isinstance(thing, dict):
            raise PlainError(f"A map was expected for {kind.__name__}.")
        values = {}
        for name, outside, decode_field, required in known:
            if outside in thing:
                values[name] = decode_field(thing[outside])
            elif required:
                raise PlainError(f"{kind.__name__} lacks {outside}.")
        return kind(**values)

    return decode
