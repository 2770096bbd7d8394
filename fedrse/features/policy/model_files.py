"""Files of rules: TOML for people, JSON for programs. A file is right as a whole or not at all.

TOML has one table ``[[rule]]`` for each rule, JSON a list of objects, or an object with such a list
as ``rules``. The fields are those of ``model_fields.READERS``.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from fedrse.core.clock import DAY, HOUR, MINUTE, SECOND, to_iso_seconds
from fedrse.core.configuration_sources import locate_in_list, syntax_problem
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_fields import BadRules, Problem, Said, nearest, read_rule
from fedrse.features.policy.model_syntax import json_words, toml_words
from fedrse.web.languages import translatable

MOST_BYTES: Final = 32 * 1024 * 1024
MOST_RULES: Final = 200_000
MOST_DEPTH: Final = 64
MOST_NAMED: Final = 5  # values in a line
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_BRACKETS: Final = re.compile(r"""\"(?:[^"\\]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[{]|[\]}]""", re.DOTALL)

_TOO_DEEP: Final = translatable("this is nested too deeply")
_TOO_LARGE: Final = translatable("a file has at most %(most)s bytes")
_NO_UTF8: Final = translatable("the file is not UTF-8")
_STANDS_TWICE: Final = translatable("'%(name)s' stands in this rule twice")
_NO_OBJECT: Final = translatable("each rule is an object: {...}")
_NO_END: Final = translatable("the list does not end")
_FOLLOWED: Final = translatable("nothing may follow the list")
_NO_RULES: Final = translatable('the object has one member, "rules", a list')
_NO_LIST: Final = translatable("a list of rules is expected")
OF_ANY_FILE: Final = (
    *(_TOO_DEEP, _TOO_LARGE, _NO_UTF8, _STANDS_TWICE, _NO_OBJECT),
    *(_NO_END, _FOLLOWED, _NO_RULES, _NO_LIST),
)
"""What may be wrong in lists as well."""

_AGAIN: Final = re.compile(r"stands here again, first on line (\d+)")


def _problem(line: int, template: str, **values: object) -> Problem:
    """``template`` is marked for translation; what parsers say themselves stays in English."""
    return Problem(line, Said(template, {name: str(value)[:200] for name, value in values.items()}))


def _toml_words(setting: str, reason: str) -> Said:
    """What ``syntax_problem`` says, for translation."""
    again = _AGAIN.fullmatch(reason)
    if again is not None:
        words = translatable("%(name)s stands here again, first on line %(first)s")
        return Said(words, {"name": setting, "first": again[1]})
    return toml_words(f"{setting} {reason}".strip().removeprefix("is not TOML: "))


def read_rules_file(data: bytes, own: str = "") -> list[Rule]:
    """All rules of a file, those without a number with id 0. Raises BadRules."""
    text = text_of(data)
    start = text.lstrip()[:2]
    # "[" alone begins a list of JSON, "[[" a table of TOML, and a list of lists is no rules.
    is_json = start.startswith("{") or (start.startswith("[") and start != "[[")
    tables = json_objects(text) if is_json else _of_toml(text)
    if len(tables) > MOST_RULES:
        raise BadRules(
            [_problem(0, translatable("at most %(most)s rules can be in a file"), most=MOST_RULES)]
        )
    rules: list[Rule] = []
    problems: list[Problem] = []
    numbers: dict[int, int] = {}
    for fields, lines in tables:
        rule, wrong = read_rule(fields, own)
        problems += [Problem(lines.get(name, lines.get("", 0)), why) for name, why in wrong]
        if rule.id and rule.id in numbers:
            again = translatable("rule %(id)s stands here again, first on line %(first)s")
            line = lines.get("id", lines.get("", 0))
            problems.append(_problem(line, again, id=rule.id, first=numbers[rule.id]))
        numbers.setdefault(rule.id, lines.get("", 0))
        rules.append(rule)
    if problems:
        raise BadRules(sorted(problems, key=lambda problem: problem.line))
    return rules


def text_of(data: bytes) -> str:
    """What a file says. Raises BadRules for one that is too large or not UTF-8."""
    if len(data) > MOST_BYTES:
        raise BadRules([_problem(0, _TOO_LARGE, most=MOST_BYTES)])
    try:
        # Old spreadsheets end lines with a carriage return alone.
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadRules([_problem(line, _NO_UTF8)]) from error


_Table = tuple[Mapping[str, Any], Mapping[str, int]]
"""Fields, and the line of each; "" is the line on which the rule begins."""


def _of_toml(text: str) -> list[_Table]:
    _check_depth(text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = syntax_problem("", text, error)
        line = int(found.where.rpartition(" ")[2])
        raise BadRules([Problem(line, _toml_words(found.setting, found.reason))]) from error
    except (RecursionError, ValueError) as error:  # a day that there is not
        raise BadRules([Problem(0, toml_words(str(error)))]) from error
    for name in document:
        if name != "rule":
            raise BadRules([_unknown_table(_line_of(text, name), name)])
    tables = document.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise BadRules(
            [_problem(_line_of(text, "rule"), translatable("each rule begins with [[rule]]"))]
        )
    lines = locate_in_list(text, "rule")
    if len(lines) != len(tables):  # written in one line
        lines = [{"": _line_of(text, "rule")}] * len(tables)
    return list(zip(tables, lines, strict=True))


def _unknown_table(line: int, name: str) -> Problem:
    if nearest(name, ["rule"]):
        words = translatable(
            "'%(name)s' is not known; the nearest is rule: rules begin with [[rule]]"
        )
        return _problem(line, words, name=name)
    words = translatable("'%(name)s' is not known: rules begin with [[rule]]")
    return _problem(line, words, name=name)


def _line_of(text: str, word: str) -> int:
    found = re.search(rf"^[\s\[\"']*{re.escape(word)}", text, re.MULTILINE)
    return 1 if found is None else text.count("\n", 0, found.end()) + 1


class _Twice(ValueError):
    """A name stands in an object twice."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def json_objects(text: str) -> list[_Table]:
    """The objects of the list, one by one, so that the line of each is known."""
    _check_depth(text)
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    at = _start_of_list(text)
    found: list[_Table] = []
    line, counted = 1, 0
    while text[at : at + 1] != "]":
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise BadRules([Problem(error.lineno, json_words(error.msg))]) from error
        except _Twice as error:
            raise BadRules([_problem(line, _STANDS_TWICE, name=error)]) from error
        except RecursionError as error:
            raise BadRules([_problem(line, _TOO_DEEP)]) from error
        if not isinstance(value, dict):
            raise BadRules([_problem(line, _NO_OBJECT)])
        found.append((value, {"": line}))
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise BadRules([_problem(text.count("\n", 0, at) + 1, _NO_END)])
    rest = text[_skip(text, at + 1) :].rstrip()
    if rest not in {"", "}"} or (rest == "}") != text.lstrip().startswith("{"):
        raise BadRules([_problem(text.count("\n", 0, at) + 1, _FOLLOWED)])
    return found


def _start_of_list(text: str) -> int:
    at = _skip(text, 0)
    if text[at : at + 1] == "{":
        head = re.compile(r'\{\s*"rules"\s*:\s*').match(text, at)
        if head is None:
            raise BadRules([_problem(1, _NO_RULES)])
        at = head.end()
    if text[at : at + 1] != "[":
        raise BadRules([_problem(text.count("\n", 0, at) + 1, _NO_LIST)])
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return at if found is None else found.end()


def _check_depth(text: str) -> None:
    """Refuses what is nested so deeply that parsers would run out of stack."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                line = text.count("\n", 0, found.start()) + 1
                raise BadRules([_problem(line, _TOO_DEEP)])
        elif found[0] in "]}":
            depth = max(0, depth - 1)


# Writing


def fields_of(rule: Rule) -> dict[str, Any]:
    """A rule as names and values, such as ``read_rule`` reads; nothing that is empty."""
    found: dict[str, Any] = {"id": rule.id, "effect": rule.effect.value, "state": rule.state.value}
    match = rule.match
    for name in match.__struct_fields__:
        value = getattr(match, name)
        if value:
            found[name] = value.value if name == "direction" else list(value)
    for name, at in (
        ("starts", rule.starts_at),
        ("ends", rule.ends_at),
        ("review", rule.review_at),
    ):
        if at is not None:
            found[name] = to_iso_seconds(at)
    reasons = {"reason": rule.reason, "private_reason": rule.private_reason}
    found |= {name: text for name, text in reasons.items() if text}
    if rule.delay:
        found["delay"] = duration(rule.delay)
    if rule.cap:
        found |= {"cap": rule.cap, "period": duration(rule.period)}
    if rule.obfuscate:
        found["obfuscate"] = True
    return found


def about(rule: Rule) -> str:
    """In a line what a rule is about: ``hosts spam.example, bad.example; types Note``."""
    parts = []
    for name in rule.match.__struct_fields__:
        value = getattr(rule.match, name)
        if value and name != "direction":
            more = f" (+{len(value) - MOST_NAMED})" if len(value) > MOST_NAMED else ""
            parts.append(f"{name} {', '.join(value[:MOST_NAMED])}{more}")
    if rule.match.direction is not None:
        parts.append(rule.match.direction.value)
    return "; ".join(parts)


def duration(milliseconds: int) -> str:
    """As ``read_duration`` reads it."""
    for unit, length in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds // SECOND}s"


def write_toml(rules: Iterable[Rule]) -> str:
    """A file that ``read_rules_file`` reads."""
    return "\n".join(_table(fields_of(rule)) for rule in rules)


def _table(fields: Mapping[str, Any]) -> str:
    lines = [f"{name} = {_value(value)}" for name, value in fields.items()]
    return "\n".join(["[[rule]]", *lines]) + "\n"


def _value(value: Any) -> str:
    """JSON and TOML write texts, numbers and lists alike, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_json(rules: Iterable[Rule]) -> str:
    """A file that ``read_rules_file`` reads."""
    encoded = msgspec.json.encode({"rules": [fields_of(rule) for rule in rules]})
    return msgspec.json.format(encoded, indent=2).decode() + "\n"
