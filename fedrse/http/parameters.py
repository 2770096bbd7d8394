"""Parameters of query strings and forms as one nested structure.

The names follow the convention that Mastodon clients know from Rack: ``a[]`` appends to a list,
``a[b]`` fills a mapping, ``a[][x]`` builds a list of mappings (a repeated ``x`` starts the next
one), ``a[0][x]`` is a mapping with numbers as keys, which binding turns into a list. A plain name
that is repeated becomes ``Repeated``: a list for fields that take a list, its last value elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from fedrse.core.errors import BadRequest, TooLarge

MAX_PARAMETERS = 1000
MAX_DEPTH = 8
MAX_NAME = 256

Parameters = dict[str, Any]


class Repeated(list[Any]):
    """The values of a plain name that came several times, in order."""


def parse_urlencoded(text: str) -> list[tuple[str, str]]:
    """Names and values of ``application/x-www-form-urlencoded`` in order (WHATWG URL, section 5).

    Raises BadRequest for what is not UTF-8 or contains NUL, TooLarge above MAX_PARAMETERS.
    """
    if not text:
        return []
    parts = text.split("&", MAX_PARAMETERS)
    if len(parts) > MAX_PARAMETERS:
        raise TooLarge("too_many_parameters", f"More than {MAX_PARAMETERS} parameters.")
    pairs = []
    for part in parts:
        if part:
            name, _, value = part.partition("=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def _decode(text: str) -> str:
    if "%" not in text and "+" not in text and text.isascii() and "\0" not in text:
        return text
    try:
        decoded = unquote_plus(text, errors="strict")
    except UnicodeError as error:
        raise BadRequest("invalid_encoding", "A parameter is not valid UTF-8.") from error
    return check_text(decoded)


def check_text(text: str) -> str:
    """The text, if it can be stored: BadRequest for NUL and for lone surrogates."""
    if "\0" in text:
        raise BadRequest("invalid_encoding", "A parameter contains a NUL character.")
    try:
        text.encode()
    except UnicodeError as error:
        raise BadRequest("invalid_encoding", "A parameter is not valid UTF-8.") from error
    return text


def nest(pairs: Iterable[tuple[str, Any]], into: Parameters | None = None) -> Parameters:
    """Builds the nested structure out of pairs.

    Raises BadRequest where the same name is used as a value and as a list or mapping, TooLarge
    for names that are too long or too deep.
    """
    root: Parameters = {} if into is None else into
    for name, value in pairs:
        if "[" in name:
            _place(root, _split(name), name, value)
        elif name in root:
            _repeat(root, name, value)
        else:
            root[name] = value
    return root


def _repeat(root: Parameters, name: str, value: Any) -> None:
    present = root[name]
    if isinstance(present, Repeated):
        present.append(value)
    elif isinstance(present, list | dict):
        raise _conflict(name)
    else:
        root[name] = Repeated([present, value])


def _split(name: str) -> list[str]:
    """``a[b][]`` as ``["a", "b", ""]``; a name with unbalanced brackets is one plain word."""
    if len(name) > MAX_NAME:
        raise TooLarge("name_too_long", "The name of a parameter is too long.")
    head, _, rest = name.partition("[")
    if not head or not rest.endswith("]"):
        return [name]
    keys = rest[:-1].split("][")
    if any("[" in key or "]" in key for key in keys):
        return [name]
    if len(keys) > MAX_DEPTH:
        raise TooLarge("too_deep", f"Parameters are nested deeper than {MAX_DEPTH} levels.")
    return [head, *keys]


def _place(root: Parameters, keys: list[str], name: str, value: Any) -> None:
    """Walks to the place of the last key, making lists and mappings on the way."""
    here: Any = root
    for index, key in enumerate(keys[:-1]):
        here = _enter(here, key, keys[index + 1 :], name)
    last = keys[-1]
    if isinstance(here, list):
        if last:
            raise _conflict(name)
        here.append(value)
    elif isinstance(here.get(last), list | dict):
        raise _conflict(name)
    else:
        here[last] = value


def _enter(here: Any, key: str, following: list[str], name: str) -> Any:
    """The container below ``key``: a list if the next key is empty, else a mapping."""
    wanted: type = dict if following[0] else list
    if isinstance(here, list):
        return _enter_element(here, following, wanted, name)
    if key not in here:
        here[key] = wanted()
    below = here[key]
    if type(below) is not wanted:
        raise _conflict(name)
    return below


def _enter_element(here: list[Any], following: list[str], wanted: type, name: str) -> Any:
    """The last element, or a new one where the last already has the value that comes."""
    if here:
        last = here[-1]
        if type(last) is not wanted:
            raise _conflict(name)
        if not isinstance(last, dict) or len(following) > 1 or following[0] not in last:
            return last
    here.append(wanted())
    return here[-1]


def _conflict(name: str) -> BadRequest:
    return BadRequest(
        "parameter_conflict", f"The parameter {name[:80]} is used in two different ways."
    )


def parse_json(body: bytes) -> Parameters:
    """The members of a JSON object, bounded in depth and free of NUL and lone surrogates.

    Raises BadRequest (``invalid_json``) for anything else; an empty body has no members, nor has
    ``null``, which libraries send for an action without parameters.
    """
    if not body or body.isspace():
        return {}
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise BadRequest("invalid_json", "The body is not valid JSON.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadRequest("invalid_json", "The body must be a JSON object.")
    _check_json(value, MAX_DEPTH)
    return value


def _check_json(value: Any, depth: int) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict | list):
        if depth < 0:
            raise TooLarge("too_deep", f"Parameters are nested deeper than {MAX_DEPTH} levels.")
        if isinstance(value, dict):
            for key in value:
                check_text(key)
            value = value.values()
        for item in value:
            _check_json(item, depth - 1)
