"""Where each setting comes from, so that an error can name the file and line to look at."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import Struct

from fedrse.core.errors import FedrseError

Place = tuple[str, ...]
"""Section, key and, in a table such as ``outgoing.connect``, the name in it."""

_KEY_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_KEY_PART}(?:\s*\.\s*{_KEY_PART})*"
_TABLE = re.compile(rf"\s*\[\s*(?P<key>{_KEY})\s*\]\s*(?:#.*)?")
_LISTED_TABLE = re.compile(rf"\s*\[\[\s*(?P<key>{_KEY})\s*\]\]\s*(?:#.*)?")
_ASSIGNMENT = re.compile(rf"\s*(?P<key>{_KEY})\s*=(?P<value>.*)")
# What may hide quotes and brackets: strings in their four forms and comments.
_LEXEME = re.compile(
    r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[{]|[\]}]',
)
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")
_AT_END = " (at end of document)"


class Problem(Struct, frozen=True):
    """One thing that is wrong: ``where`` is a file with its line or an environment variable."""

    where: str
    setting: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.setting) if part) + f" {self.reason}"


class ConfigurationError(FedrseError):
    """The site cannot start with these settings; ``problems`` says what to change."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("configuration", "\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def of(cls, where: str, setting: str, reason: str) -> ConfigurationError:
        """The error with a single problem."""
        return cls([Problem(where, setting, reason)])


@dataclass
class Sources:
    """The file and variables of one load, and the problems found so far."""

    file: str
    lines: Mapping[Place, int]
    variables: dict[Place, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def note(self, place: Place, reason: str) -> None:
        """Remember a problem with the setting at this place."""
        self.problems.append(Problem(self.where(place), ".".join(place), reason))

    def has(self, place: Place) -> bool:
        """Whether the setting was given, rightly or wrongly."""
        return place in self.variables or place in self.lines

    def where(self, place: Place) -> str:
        """The variable, or the file and line, that gave this setting; else the file."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.variables:
                return f"environment variable {self.variables[place[:length]]}"
            if place[:length] in self.lines:
                return f"{self.file}, line {self.lines[place[:length]]}"
        return self.file

    def raise_problems(self) -> None:
        """Raises ConfigurationError if anything was noted."""
        if self.problems:
            raise ConfigurationError(self.problems)


def locate_keys(text: str) -> dict[Place, int]:
    """The line, from 1, on which each section and key of a TOML text stands first.

    Made for messages only: ``tomllib`` does the parsing and gives no places. Keys inside inline
    tables are not listed; their table is.
    """
    found: dict[Place, int] = {}
    for place, line in _occurrences(text):
        for length in range(1, len(place) + 1):
            found.setdefault(place[:length], line)
    return found


def locate_in_list(text: str, name: str) -> list[dict[str, int]]:
    """For each table ``[[name]]`` of a TOML text the lines of its keys; "" is that of its head."""
    found: list[dict[str, int]] = []
    inside = False
    quote, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        value = line
        if not quote and not depth:
            header = _LISTED_TABLE.fullmatch(line)
            if header is not None or _TABLE.fullmatch(line):
                inside = header is not None and _split_key(header["key"]) == (name,)
                found += [{"": number}] if inside else []
                continue
            assignment = _ASSIGNMENT.match(line)
            if assignment is None:
                continue
            if inside:
                found[-1].setdefault(_split_key(assignment["key"])[0], number)
            value = assignment["value"]
        quote, depth = _open_at_end(value, quote, depth)
    return found


def syntax_problem(file: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    """The parser's complaint, with the line where the mistake really is."""
    message = str(error)
    seen: dict[Place, int] = {}
    for place, line in _occurrences(text):
        if place in seen:
            reason = f"stands here again, first on line {seen[place]}"
            return Problem(f"{file}, line {line}", ".".join(place), reason)
        seen[place] = line
    match = _AT_LINE.search(message)
    line = int(match[1]) if match is not None else len(text.rstrip().splitlines()) or 1
    reason = _AT_LINE.sub("", message).removesuffix(_AT_END)
    return Problem(f"{file}, line {line}", "", f"is not TOML: {reason}")


def _occurrences(text: str) -> Iterator[tuple[Place, int]]:
    """Each header and assignment with its line; values over several lines are skipped."""
    table: Place = ()
    quote, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        value = line
        if not quote and not depth:
            header = _TABLE.fullmatch(line)
            assignment = _ASSIGNMENT.match(line)
            if header is not None:
                table = _split_key(header["key"])
                yield table, number
                continue
            if assignment is None:
                continue
            yield table + _split_key(assignment["key"]), number
            value = assignment["value"]
        quote, depth = _open_at_end(value, quote, depth)


def _open_at_end(value: str, quote: str, depth: int) -> tuple[str, int]:
    """Which multi-line string and how many brackets are open after this piece of a value."""
    position = 0
    while position < len(value):
        if quote:
            end = value.find(quote, position)
            if end < 0:
                return quote, depth
            quote, position = "", end + 3
            continue
        lexeme = _LEXEME.search(value, position)
        if lexeme is None:
            break
        position = lexeme.end()
        if lexeme[0] in {'"""', "'''"}:
            quote = lexeme[0]
        elif lexeme[0] in "[{":
            depth += 1
        elif lexeme[0] in "]}":
            depth = max(0, depth - 1)
    return quote, depth


def _split_key(key: str) -> Place:
    parts = re.findall(_KEY_PART, key)
    return tuple(part[1:-1] if part[0] in "\"'" else part for part in parts)
