"""Binds nested parameters to msgspec structs.

Forms know only text, so values are first brought to the shape of the field (``"on"`` for a
boolean, ``{"0": ..., "1": ...}`` for a list, ``""`` for nothing at all), then msgspec checks them.
An empty value of anything that is not text counts as absent, so the field keeps its default; a
field that must tell absent from null is ``T | None | UnsetType = UNSET``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec import inspect

from fedrse.core.errors import Invalid
from fedrse.http.parameters import Parameters, Repeated

T = TypeVar("T", bound=msgspec.Struct)
Shaper = Callable[[Any], Any]

TRUE: Final = frozenset({"1", "t", "true", "on", "yes"})
FALSE: Final = frozenset({"0", "f", "false", "off", "no"})
LARGEST: Final = (1 << 63) - 1

_ABSENT: Final = object()
_LISTS: Final = (
    inspect.ListType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.VarTupleType,
)


def bind(values: Parameters, struct: type[T]) -> T:
    """The parameters as ``struct``; names that it does not know are ignored.

    Raises Invalid (``invalid_parameter``, or ``blank_parameter`` for a missing one) with a
    sentence in the manner of Mastodon that names the parameter.
    """
    try:
        return msgspec.convert(_shaper(struct)(values), struct, strict=False)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from error


def _named(message: str) -> Invalid:
    reason, _, path = message.partition(" - at `$")
    missing = re.fullmatch(r"Object missing required field `(.+)`", reason)
    place = path.rstrip("`")
    if missing:
        name = _bracketed(f"{place}.{missing[1]}")
        return Invalid("blank_parameter", f"Validation failed: {name} can't be blank", name=name)
    name = _bracketed(place) or "parameters"
    plain = (reason[:1].lower() + reason[1:]).replace("`", "")
    return Invalid(
        "invalid_parameter", f"Validation failed: {name} is invalid ({plain})", name=name
    )


def _bracketed(path: str) -> str:
    """``.poll.options[2]`` as clients write it: ``poll[options][2]``."""
    words = [word for word in re.split(r"[.\[\]]+", path) if word]
    return "".join([*words[:1], *(f"[{word}]" for word in words[1:])])


@lru_cache(maxsize=512)
def _shaper(struct: type[msgspec.Struct]) -> Shaper:
    info = inspect.type_info(struct)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{struct!r} is not a struct")
    return _struct_shaper(info)


def _struct_shaper(info: inspect.StructType) -> Shaper:
    fields = [(field.encode_name, _shaper_of(field.type)) for field in info.fields]

    def shape(value: Any) -> Any:
        if value == "":
            return _ABSENT
        if not isinstance(value, dict):
            return value
        shaped = {}
        for name, shape_field in fields:
            if name in value:
                result = shape_field(value[name])
                if result is not _ABSENT:
                    shaped[name] = result
        return shaped

    return shape


def _shaper_of(info: inspect.Type) -> Shaper:
    match info:
        case inspect.UnionType():
            return _union_shaper(info)
        case inspect.StructType():
            return _struct_shaper(info)
        case inspect.DictType():
            return _mapping_shaper(_shaper_of(info.value_type))
        case inspect.BoolType():
            return _boolean
        case inspect.IntType():
            return _integer
        case inspect.StrType():
            return _text
        case inspect.AnyType():
            return _unchanged
        case _ if isinstance(info, _LISTS):
            is_text = isinstance(info.item_type, inspect.StrType)
            return _list_shaper(_shaper_of(info.item_type), is_text=is_text)
    return _scalar


def _union_shaper(info: inspect.UnionType) -> Shaper:
    nullable = any(isinstance(member, inspect.NoneType) for member in info.types)
    members = [member for member in info.types if not isinstance(member, inspect.NoneType)]
    shape_member = _shaper_of(members[0]) if len(members) == 1 else _unchanged

    def shape(value: Any) -> Any:
        if value is None:
            return None if nullable else _ABSENT
        shaped = shape_member(value)
        return None if shaped is _ABSENT and nullable and value == "" else shaped

    return shape


def _mapping_shaper(shape_value: Shaper) -> Shaper:
    def shape(value: Any) -> Any:
        if value == "":
            return _ABSENT
        if not isinstance(value, dict):
            return value
        shaped = {key: shape_value(item) for key, item in value.items()}
        return {key: item for key, item in shaped.items() if item is not _ABSENT}

    return shape


def _list_shaper(shape_item: Shaper, *, is_text: bool) -> Shaper:
    def shape(value: Any) -> Any:
        if value is None:
            return _ABSENT
        if isinstance(value, dict):
            if not all(key.isascii() and key.isdigit() and len(key) < 10 for key in value):
                return value
            value = [value[key] for key in sorted(value, key=int)]
        elif not isinstance(value, list):
            value = [value]
        if is_text and value == [""]:
            return []
        shaped = [shape_item(item) for item in value]
        return [item for item in shaped if item is not _ABSENT]

    return shape


def _last(value: Any) -> Any:
    return value[-1] if isinstance(value, Repeated) else value


def _unchanged(value: Any) -> Any:
    return value


def _scalar(value: Any) -> Any:
    value = _last(value)
    return _ABSENT if value is None or value == "" else value


def _boolean(value: Any) -> Any:
    value = _scalar(value)
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in TRUE else False if word in FALSE else value
    return bool(value) if value in (0, 1) else value


def _integer(value: Any) -> Any:
    value = _scalar(value)
    if isinstance(value, str):
        value = value.strip()
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()):
            return value or _ABSENT
        value = int(value) if len(digits) < 20 else LARGEST + 1
    if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
        raise Invalid("invalid_parameter", "Validation failed: a number is out of range")
    return value


def _text(value: Any) -> Any:
    value = _last(value)
    if value is None:
        return _ABSENT
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value
