"""JSON Canonicalization Scheme (RFC 8785): the one byte form of a JSON value that is signed."""

from __future__ import annotations

import math
from json.encoder import encode_basestring
from typing import Any, Final

from fedrse.core.errors import BadRequest
from fedrse.core.json_input import MAX_SAFE_INTEGER

_MAX_DEPTH: Final = 128


def canonicalize(value: Any) -> bytes:
    """The canonical UTF-8 form of a parsed JSON value (dict, list, str, int, float, bool, None).

    Raises BadRequest ``jcs_number`` (NaN, infinite, integer beyond 2**53), ``jcs_string`` (lone
    surrogate), ``jcs_too_deep`` (more than 128 levels); TypeError for what is not JSON.
    """
    parts: list[str] = []
    _write(value, parts, _MAX_DEPTH)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest("jcs_string", "A string has a lone surrogate.") from None


def _write(value: Any, parts: list[str], depth: int) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif isinstance(value, (dict, list, tuple)):
        if depth == 0:
            raise BadRequest("jcs_too_deep", f"The value nests deeper than {_MAX_DEPTH} levels.")
        if isinstance(value, dict):
            _write_object(value, parts, depth - 1)
        else:
            _write_array(value, parts, depth - 1)
    elif value is None:
        parts.append("null")
    elif value is True:
        parts.append("true")
    elif value is False:
        parts.append("false")
    elif isinstance(value, int):
        parts.append(_integer(value))
    elif isinstance(value, float):
        parts.append(_number(value))
    else:
        raise TypeError(f"{type(value).__name__} is not a JSON type")


def _write_object(value: dict[str, Any], parts: list[str], depth: int) -> None:
    separator = "{"
    for key in _sorted_keys(value):
        parts.append(f"{separator}{encode_basestring(key)}:")
        _write(value[key], parts, depth)
        separator = ","
    parts.append("}" if value else "{}")


def _write_array(value: list[Any] | tuple[Any, ...], parts: list[str], depth: int) -> None:
    separator = "["
    for item in value:
        parts.append(separator)
        _write(item, parts, depth)
        separator = ","
    parts.append("]" if value else "[]")


def _sorted_keys(value: dict[str, Any]) -> list[str]:
    """Keys in the order of their UTF-16 code units (RFC 8785 section 3.2.3)."""
    try:
        keys = sorted(value)
        # Code points and code units sort differently only where a character needs a pair.
        if keys and not all(map(str.isascii, keys)):
            keys.sort(key=_utf16)
    except TypeError:
        raise TypeError("keys of JSON objects are strings") from None
    return keys


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _integer(value: int) -> str:
    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        raise BadRequest("jcs_number", "An integer is beyond 2 to the 53rd.")
    return int.__repr__(value)


def _number(value: float) -> str:
    """A number as ECMAScript writes it (ECMA-262, Number::toString)."""
    if not math.isfinite(value):
        raise BadRequest("jcs_number", "NaN and infinity are not JSON numbers.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # repr gives the shortest digits that read back as the same number, as ECMAScript demands;
    # only the layout differs.
    mantissa, _, exponent_text = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    exponent = int(exponent_text or 0) + len(whole)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    exponent -= len(digits) - len(stripped)
    return sign + _layout(stripped.rstrip("0"), exponent)


def _layout(digits: str, point: int) -> str:
    """``digits`` with the decimal point after the first ``point`` of them."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
