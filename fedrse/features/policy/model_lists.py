"""Lists of hosts as other software exchanges them: Mastodon CSV, GoToSocial JSON, plain text. Pure.

- Mastodon CSV: a header of ``#domain,#severity,#reject_media,#reject_reports,#public_comment,
  #obfuscate``, with or without ``#``; of allowed hosts only ``#domain``
- GoToSocial JSON, also what Mastodon answers at ``/api/v1/instance/domain_blocks``: a list of
  objects with ``domain`` and, perhaps, ``public_comment`` or ``comment``, ``severity``, ``digest``
- plain text: a host on each line, ``#`` begins a comment

A list is right as a whole or not at all. Only hosts that a list hides (``spa*.example`` with the
``digest`` of the name) are left out: nobody can know them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from fedrse.core.clock import to_iso_seconds
from fedrse.core.nearest import nearest
from fedrse.core.text import clean_text
from fedrse.features.policy.model import Effect, Match, Rule, State
from fedrse.features.policy.model_fields import (
    LONGEST_REASON,
    BadRules,
    Problem,
    Said,
    WrongField,
    read_host,
)
from fedrse.features.policy.model_files import MOST_RULES, json_objects, text_of
from fedrse.features.policy.model_index import EXACTLY
from fedrse.features.policy.model_syntax import csv_words
from fedrse.web.languages import translatable


class ListFormat(StrEnum):
    """How a list is written."""

    MASTODON = "mastodon"
    GOTOSOCIAL = "gotosocial"
    TEXT = "text"


class Entry(Struct, frozen=True, omit_defaults=True):
    """What a list says about a host: ``effect`` is deny, limit, allow, or None (flags only)."""

    host: str
    effect: Effect | None
    strip_media: bool = False
    no_reports: bool = False
    comment: str = ""
    obfuscate: bool = False


class Listed(NamedTuple):
    """Entries by host, and how many were hidden."""

    entries: tuple[Entry, ...]
    hidden: int


_COLUMNS: Final = (
    *("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate"),
    "private_comment",
)
_SEVERITIES: Final = {"suspend": Effect.DENY, "silence": Effect.LIMIT, "noop": None}
_BOOLEANS: Final = {"true": True, "false": False, "": False}
_Row = tuple[int, Mapping[str, Any]]
_ITSELF: Final = translatable("%(host)s is this site itself")
_AGAIN: Final = translatable("%(host)s stands here again and says something else")
_TOO_MANY: Final = translatable("at most %(most)s hosts can be in a list")
_NO_LIST: Final = translatable("this is a file of rules, not a list of hosts: apply it")
_NO_HOST: Final = translatable("the host is missing")
_SEVERITY: Final = translatable("severity '%(severity)s' is not known")
_SEVERITY_NEAR: Final = translatable(
    "severity '%(severity)s' is not known; the nearest is %(nearest)s"
)
_NO_TEXT: Final = translatable("the comment is not a text")
_NO_SWITCH: Final = translatable("%(name)s has to be true or false, not '%(value)s'")
_CELLS: Final = translatable("there are more cells than columns")
_COLUMN: Final = translatable("the column '%(name)s' is not known")
_COLUMN_NEAR: Final = translatable("the column '%(name)s' is not known; the nearest is %(nearest)s")
_HEADER: Final = translatable("the header has to name each column once, domain among them")
OF_LISTS: Final = (
    *(_ITSELF, _AGAIN, _TOO_MANY, _NO_LIST, _NO_HOST, _SEVERITY_NEAR, _SEVERITY, _NO_TEXT),
    *(_NO_SWITCH, _CELLS, _COLUMN_NEAR, _COLUMN, _HEADER),
)
"""What may be wrong in a list and nowhere else; the narrower sentences first."""


def read_list(
    data: bytes, kind: ListFormat | None = None, *, effect: Effect = Effect.DENY, own: str = ""
) -> Listed:
    """What a list says. Without ``kind`` it is told by the first characters.

    ``effect`` is what is meant where the list itself does not say (deny, limit or allow). Raises
    BadRules; this site itself, ``own``, cannot be in it.
    """
    text = text_of(data)
    rows = _READERS[kind or _kind_of(text)](text)
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    hidden = 0
    for line, row in rows:
        if "*" in str(row.get("domain", ""))[2:] and row.get("digest"):
            hidden += 1
            continue
        try:
            entry = _entry(row, effect)
            _add(entries, entry, own)
        except WrongField as error:
            problems.append(Problem(line, error.said))
    if problems:
        raise BadRules(problems)
    if len(entries) > MOST_RULES:
        raise BadRules([Problem(0, Said(_TOO_MANY, {"most": str(MOST_RULES)}))])
    return Listed(tuple(entries.values()), hidden)


def _add(entries: dict[str, Entry], entry: Entry, own: str) -> None:
    if entry.host == own:
        raise WrongField(_ITSELF, host=own)
    before = entries.setdefault(entry.host, entry)
    if msgspec.structs.replace(before, comment="") != msgspec.structs.replace(entry, comment=""):
        raise WrongField(_AGAIN, host=entry.host)


def _kind_of(text: str) -> ListFormat:
    start = text.lstrip()
    if start.startswith(("[[", "[rule")):
        raise BadRules([Problem(1, Said(_NO_LIST))])
    if start.startswith("["):
        return ListFormat.GOTOSOCIAL
    first = start.partition("\n")[0].strip().lower()
    if "," in first or first.lstrip("#").strip('" ') == "domain":
        return ListFormat.MASTODON
    return ListFormat.TEXT


def _entry(row: Mapping[str, Any], effect: Effect) -> Entry:
    """Raises WrongField."""
    host = row.get("domain")
    if not isinstance(host, str) or not host.strip():
        raise WrongField(_NO_HOST)
    severity = row.get("severity")
    if severity not in (None, ""):
        if not isinstance(severity, str) or severity not in _SEVERITIES:
            near = nearest(str(severity)[:100].lower(), _SEVERITIES)
            if near is None:
                raise WrongField(_SEVERITY, severity=severity)
            raise WrongField(_SEVERITY_NEAR, severity=severity, nearest=near)
        effect_of_row = _SEVERITIES[severity]
    else:
        effect_of_row = effect
    comment = row.get("public_comment") or row.get("comment") or ""
    if not isinstance(comment, str):
        raise WrongField(_NO_TEXT)
    return Entry(
        host=read_host(host.strip().removeprefix("@")),
        effect=effect_of_row,
        strip_media=_flag(row, "reject_media"),
        no_reports=_flag(row, "reject_reports"),
        comment=clean_text(comment).strip()[:LONGEST_REASON],
        obfuscate=_flag(row, "obfuscate"),
    )


def _flag(row: Mapping[str, Any], name: str) -> bool:
    value = row.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    found = _BOOLEANS.get(str(value).strip().lower())
    if found is None:
        raise WrongField(_NO_SWITCH, name=name, value=value)
    return found


def _csv_rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text), strict=True)
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _header(cells)
                continue
            if len(cells) > len(names):
                raise BadRules([Problem(reader.line_num, Said(_CELLS))])
            yield reader.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=False))
    except csv.Error as error:
        raise BadRules([Problem(reader.line_num, csv_words(str(error)))]) from error


def _header(cells: Sequence[str]) -> list[str]:
    names = [cell.strip().lstrip("#").lower() for cell in cells]
    wrong = [name for name in names if name not in _COLUMNS]
    if wrong:
        near = nearest(wrong[0][:100], _COLUMNS)
        words = _COLUMN if near is None else _COLUMN_NEAR
        values = {"name": wrong[0][:100]} | ({} if near is None else {"nearest": near})
        raise BadRules([Problem(1, Said(words, values))])
    if "domain" not in names or len(set(names)) < len(names):
        raise BadRules([Problem(1, Said(_HEADER))])
    return names


def _json_rows(text: str) -> Iterator[_Row]:
    for row, lines in json_objects(text):
        yield lines.get("", 0), row


def _text_rows(text: str) -> Iterator[_Row]:
    for line, content in enumerate(text.split("\n"), start=1):
        host = content.partition("#")[0].strip()
        if host:
            yield line, {"domain": host}


_READERS: Final[Mapping[ListFormat, Callable[[str], Iterator[_Row]]]] = {
    ListFormat.MASTODON: _csv_rows,
    ListFormat.GOTOSOCIAL: _json_rows,
    ListFormat.TEXT: _text_rows,
}


def rules_of(entries: Iterable[Entry], state: State = State.ACTIVE) -> list[Rule]:
    """The rules that say what a list says. Who is allowed is allowed alone, as Mastodon does it."""
    return [rule for entry in entries for rule in _rules_of(entry, state)]


def _rules_of(entry: Entry, state: State) -> Iterator[Rule]:
    effects = [] if entry.effect is None else [entry.effect]
    if entry.effect not in {Effect.DENY, Effect.ALLOW}:
        effects += [Effect.STRIP_MEDIA] if entry.strip_media else []
        effects += [Effect.NO_REPORTS] if entry.no_reports else []
    for effect in effects:
        alone = effect is Effect.ALLOW and not entry.host.startswith(EXACTLY)
        yield Rule(
            id=0,
            match=Match(hosts=((EXACTLY if alone else "") + entry.host,)),
            effect=effect,
            state=state,
            reason=entry.comment,
            obfuscate=entry.obfuscate,
        )


# Writing


def entries_of(rules: Iterable[Rule], *, allows: bool = False) -> tuple[list[Entry], int]:
    """What active rules say about whole hosts, and how many say more than a list can.

    ``allows``: the hosts that are allowed, instead of the others.
    """
    found: dict[str, Entry] = {}
    left_out = 0
    for rule in rules:
        if rule.state is not State.ACTIVE or (rule.effect is Effect.ALLOW) != allows:
            continue
        hosts = rule.match.hosts
        below = not any(host.startswith(EXACTLY) for host in hosts)
        if rule.match != Match(hosts=hosts) or not (below or allows):
            left_out += 1
            continue
        if rule.effect not in _WRITTEN:
            left_out += 1
            continue
        for host in hosts:
            bare = host.removeprefix(EXACTLY)
            found[bare] = _merged(found.get(bare), rule, bare)
    return sorted(found.values(), key=lambda entry: entry.host), left_out


_WRITTEN: Final = frozenset(
    {Effect.DENY, Effect.ALLOW, Effect.LIMIT, Effect.STRIP_MEDIA, Effect.NO_REPORTS}
)


def _merged(before: Entry | None, rule: Rule, host: str) -> Entry:
    entry = before or Entry(host, None)
    effect = entry.effect
    if rule.effect in {Effect.DENY, Effect.ALLOW} or (
        rule.effect is Effect.LIMIT and effect is not Effect.DENY
    ):
        effect = rule.effect
    return Entry(
        host=host,
        effect=effect,
        strip_media=entry.strip_media or rule.effect is Effect.STRIP_MEDIA,
        no_reports=entry.no_reports or rule.effect is Effect.NO_REPORTS,
        comment=entry.comment or rule.reason,
        obfuscate=entry.obfuscate or rule.obfuscate,
    )


def write_list(
    entries: Sequence[Entry], kind: ListFormat, now: int, *, allows: bool = False
) -> str:
    """A list that ``read_list`` reads; those of GoToSocial and in text have denied hosts only."""
    if kind is ListFormat.MASTODON:
        return _mastodon(entries, allows=allows)
    wanted = Effect.ALLOW if allows else Effect.DENY
    chosen = [entry for entry in entries if entry.effect is wanted]
    if kind is ListFormat.TEXT:
        return "".join(f"{entry.host}\n" for entry in chosen)
    rows = [
        {
            "domain": entry.host,
            **({} if allows else {"suspended_at": to_iso_seconds(now)}),
            "public_comment": entry.comment,
            "obfuscate": entry.obfuscate,
        }
        for entry in chosen
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _mastodon(entries: Sequence[Entry], *, allows: bool) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    if allows:
        writer.writerows([["#domain"], *([entry.host] for entry in entries)])
        return written.getvalue()
    names = {effect: name for name, effect in _SEVERITIES.items()}
    writer.writerow([f"#{name}" for name in _COLUMNS[:6]])
    for entry in entries:
        flags = (entry.strip_media, entry.no_reports)
        cells = [entry.host, names[entry.effect], *(str(flag).lower() for flag in flags)]
        writer.writerow([*cells, _cell(entry.comment), str(entry.obfuscate).lower()])
    return written.getvalue()


def _cell(text: str) -> str:
    """A comment that no spreadsheet takes for a formula."""
    return f" {text}" if text[:1] in {"=", "+", "-", "@"} else text


def hidden_host(host: str) -> str:
    """A host as it is shown where it is hidden: first and last quarter and dots, the rest ``*``.

    As Mastodon does it.
    """
    length = len(host)
    kept = length // 4
    return "".join(
        letter if letter == "." or at < kept or at >= length - kept else "*"
        for at, letter in enumerate(host)
    )
