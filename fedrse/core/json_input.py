"""Strict reading of JSON that comes from outside.

What it accepts is I-JSON (RFC 7493) within bounds: UTF-8, unique keys, numbers that every peer
reads alike, strings that can be stored and sent on. Whatever passes can be canonicalised
(RFC 8785) and written to any database.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

import msgspec

from fedrse.core.errors import BadRequest, TooLarge

MAX_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 32
MAX_SAFE_INTEGER: Final = 2**53
_MAX_INTEGER_CHARACTERS: Final = 17  # "-9007199254740992"

# An escape that may stand for NUL or half a surrogate pair; only then are the strings looked at.
_SUSPICIOUS_ESCAPE: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_WRITTEN_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _Refused(ValueError):
    """Carries the stable code out of the parser's hooks."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def load_json(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text.

    ``max_depth`` counts nested arrays and objects; a flat object has depth 1.

    Raises TooLarge (``json_too_large``) and BadRequest with one of ``json_encoding`` (not UTF-8,
    or a byte order mark), ``json_syntax``, ``json_duplicate_key``, ``json_number`` (NaN, infinite,
    integer beyond 2**53), ``json_too_deep``, ``json_string`` (lone surrogate or NUL).
    """
    if len(data) > max_bytes:
        raise TooLarge("json_too_large", f"The document is larger than {max_bytes} bytes.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("json_encoding", "The document is not valid UTF-8.") from error
    if text.startswith("\ufeff"):
        raise BadRequest("json_encoding", "The document starts with a byte order mark.")
    try:
        value = _DECODER.decode(text)
    except _Refused as refusal:
        raise BadRequest(refusal.code, refusal.message) from None
    except RecursionError:
        raise _too_deep(max_depth) from None
    except ValueError as error:
        raise BadRequest("json_syntax", "The document is not valid JSON.", why=str(error)) from None
    # Fewer brackets than levels allowed: the usual case, settled by two fast counts.
    if text.count("{") + text.count("[") > max_depth and _is_deeper(value, max_depth):
        raise _too_deep(max_depth)
    if "\\u" in text and _SUSPICIOUS_ESCAPE.search(text) is not None:
        _check_strings(value)
    return value


def load_json_object(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> dict[str, Any]:
    """Like ``load_json``; BadRequest ``json_not_object`` unless the value is an object."""
    value = load_json(data, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise BadRequest("json_not_object", "The document is not a JSON object.")
    return value


def reload_json_object(data: bytes) -> dict[str, Any]:
    """An object that ``load_json_object`` has read before: several times as fast.

    Raises as that does if the text is not such a one.
    """
    try:
        value = _decode_again(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = None
    return value if isinstance(value, dict) else load_json_object(data)


def _too_deep(max_depth: int) -> BadRequest:
    return BadRequest("json_too_deep", f"The document nests deeper than {max_depth} levels.")


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused("json_duplicate_key", "An object in the document has a key twice.")
    return result


def _integer(token: str) -> int:
    # The length first: converting very long numbers is slow.
    if len(token) <= _MAX_INTEGER_CHARACTERS:
        value = int(token)
        if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            return value
    raise _Refused("json_number", "The document has an integer beyond 2 to the 53rd.")


def _float(token: str) -> float:
    value = float(token)
    if math.isinf(value):
        raise _Refused("json_number", "The document has a number that is too large.")
    return value


def _constant(name: str) -> NoReturn:
    raise _Refused("json_number", f"{name} is not a JSON number.")


_decode_again: Final = msgspec.json.Decoder().decode
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_pairs,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)


def _children(values: list[Any]) -> list[Any]:
    """The arrays and objects directly inside the given ones."""
    found: list[Any] = []
    for value in values:
        members = value.values() if type(value) is dict else value
        found += [member for member in members if type(member) is dict or type(member) is list]
    return found


def _is_deeper(value: Any, max_depth: int) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(max_depth):
        if not level:
            return False
        level = _children(level)
    return bool(level)


def _check_strings(value: Any) -> None:
    # One pass in C writes all strings again: NUL stays escaped, surrogates fail to encode.
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRequest("json_string", "A string in the document has a lone surrogate.") from None
    # Written back, a backslash of the text is doubled: after an odd run of them u0000 is a NUL.
    if "\\u0000" in written and _WRITTEN_NUL.search(written) is not None:
        raise BadRequest("json_string", "A string in the document has a NUL character.")
