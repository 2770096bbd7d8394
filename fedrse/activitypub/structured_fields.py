"""The part of Structured Fields (RFC 9651) that HTTP message signatures need.

Dictionaries of items and inner lists with parameters are read; dates and display strings, which
no signature header has, are refused.
"""

from __future__ import annotations

import binascii
import re
from typing import Final, NamedTuple, TypeAlias

MAX_CHARACTERS: Final = 8192
_MAX_MEMBERS: Final = 16
_MAX_ITEMS: Final = 64
_MAX_PARAMETERS: Final = 16

_SPACES: Final = re.compile(r" *")
_BLANKS: Final = re.compile(r"[ \t]*")
_KEY: Final = re.compile(r"[a-z*][a-z0-9_.*-]*")
_STRING: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BYTES: Final = re.compile(r":([A-Za-z0-9+/=]*):")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,3})?(?![0-9.])")
_BOOLEAN: Final = re.compile(r"\?([01])")
_TOKEN: Final = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_ESCAPE: Final = re.compile(r"\\(.)")
# What Signature and Content-Digest nearly always are: one byte sequence.
_ONE_BYTE_SEQUENCE: Final = re.compile(rf"({_KEY.pattern})={_BYTES.pattern}")


class Token(str):
    """A token, which is not the same as a string of the same characters."""

    __slots__ = ()


BareItem: TypeAlias = str | Token | bytes | int | float | bool
Parameters: TypeAlias = dict[str, BareItem]


class Item(NamedTuple):
    """A bare item with its parameters."""

    value: BareItem
    parameters: Parameters


class InnerList(NamedTuple):
    """Items in parentheses with the parameters of the list; ``text`` is how it was written."""

    items: tuple[Item, ...]
    parameters: Parameters
    text: str


Member: TypeAlias = Item | InnerList


def parse_dictionary(text: str) -> dict[str, Member]:
    """A Dictionary; several field lines are joined with a comma by the caller.

    Stricter than the RFC in one point: a key that appears twice is an error, not overwritten.
    Raises ValueError for malformed and for oversized input.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError("structured field too long")
    match = _ONE_BYTE_SEQUENCE.fullmatch(text)
    if match is not None:
        return {match[1]: Item(decode_base64(match[2]), {})}
    return _Parser(text).dictionary()


def decode_base64(text: str) -> bytes:
    """Standard base64, with or without padding; ValueError for anything else."""
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def quote(text: str) -> str:
    """A String as written in a field; ValueError unless printable ASCII."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError("not printable ASCII")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Walks over a text once, left to right."""

    __slots__ = ("_at", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def dictionary(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        self._match(_SPACES)
        while self._at < len(self._text):
            key = self._key()
            if key in members or len(members) == _MAX_MEMBERS:
                raise ValueError("repeated key or too many members")
            members[key] = self._member()
            self._match(_BLANKS)
            if self._at == len(self._text):
                break
            self._expect(",")
            self._match(_BLANKS)
            if self._at == len(self._text):
                raise ValueError("trailing comma")
        return members

    def _member(self) -> Member:
        if not self._accept("="):
            return Item(True, self._parameters())
        if self._text.startswith("(", self._at):
            return self._inner_list()
        return self._item()

    def _inner_list(self) -> InnerList:
        start = self._at
        self._expect("(")
        items: list[Item] = []
        while True:
            self._match(_SPACES)
            if self._accept(")"):
                break
            if items and self._text[self._at - 1] != " ":
                raise ValueError("items of an inner list need a space between them")
            if len(items) == _MAX_ITEMS:
                raise ValueError("too many items")
            items.append(self._item())
        parameters = self._parameters()
        return InnerList(tuple(items), parameters, self._text[start : self._at])

    def _item(self) -> Item:
        return Item(self._bare_item(), self._parameters())

    def _parameters(self) -> Parameters:
        parameters: Parameters = {}
        while self._accept(";"):
            self._match(_SPACES)
            key = self._key()
            if key in parameters or len(parameters) == _MAX_PARAMETERS:
                raise ValueError("repeated or too many parameters")
            parameters[key] = self._bare_item() if self._accept("=") else True
        return parameters

    def _bare_item(self) -> BareItem:
        if (match := self._match(_STRING)) is not None:
            content = match[1]
            return _ESCAPE.sub(r"\1", content) if "\\" in content else content
        if (match := self._match(_NUMBER)) is not None:
            return self._number(match[0])
        if (match := self._match(_BYTES)) is not None:
            return decode_base64(match[1])
        if (match := self._match(_BOOLEAN)) is not None:
            return match[1] == "1"
        if (match := self._match(_TOKEN)) is not None:
            return Token(match[0])
        raise ValueError("not a bare item")

    @staticmethod
    def _number(text: str) -> int | float:
        whole, point, _ = text.partition(".")
        if not point:
            return int(text)
        if len(whole.lstrip("-")) > 12:
            raise ValueError("decimal too long")
        return float(text)

    def _key(self) -> str:
        match = self._match(_KEY)
        if match is None:
            raise ValueError("not a key")
        return match[0]

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
        return match

    def _accept(self, character: str) -> bool:
        if self._text.startswith(character, self._at):
            self._at += 1
            return True
        return False

    def _expect(self, character: str) -> None:
        if not self._accept(character):
            raise ValueError(f"{character} expected")
