"""Checks what Mastodon.py returns against its own classes, and remembers what was called.

Mastodon.py casts what it can and lets the rest through; here the rest is a failure.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from mastodon import Mastodon
from mastodon.types_base import AttribAccessDict, PaginationInfo

# Attributes that a class demands although no Mastodon up to 4.6 always has them.
NOT_ALWAYS: dict[str, set[str]] = {
    # Of a post only name and website; who registers an app gets the rest.
    "Application": {"id", "vapid_key", "redirect_uri", "redirect_uris", "scopes"},
    # Suggestions of tags are tags.
    "FeaturedTag": {"statuses_count"},
    # A post tells which filter of version 2 it meets; the class is that of version 1.
    "Filter": {"phrase", "irreversible", "whole_word"},
    # What comes after 4.6.
    "NotificationPolicy": {"for_bots"},
    "Profile": {"formatted_note", "formatted_fields"},
    # Mastodon calls it rule_ids.
    "Report": {"rules_ids"},
    # Collections that a post or a search names are optional.
    "SearchV2": {"collections"},
    "Status": {"tagged_collections"},
}


@dataclass
class Record:
    """Methods that went well, each once, and where answers did not fit their classes."""

    done: list[str] = field(default_factory=list)
    wrong: dict[str, None] = field(default_factory=dict)


class Checked:
    """A client whose every answer is checked and recorded."""

    def __init__(self, client: Mastodon, record: Record) -> None:
        self.client = client
        self.record = record

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)

        def call(*arguments: Any, **options: Any) -> Any:
            answer = method(*arguments, **options)
            self.record.wrong |= dict.fromkeys(misfits(answer))
            if name not in self.record.done:
                self.record.done.append(name)
            return answer

        return call


def misfits(value: Any) -> list[str]:
    """Where an entity, or one within, is not as its class says."""
    if isinstance(value, list):
        return [wrong for one in value for wrong in misfits(one)]
    if not isinstance(value, AttribAccessDict) or isinstance(value, PaginationInfo):
        return []
    found = []
    kind = type(value)
    renamed = getattr(kind, "_rename_map", {})
    for name, hint in _hints(kind).items():
        if name.startswith("_") or name in NOT_ALWAYS.get(kind.__name__, ()):
            continue
        there = dict.get(value, renamed.get(name, name))
        if not _fits(there, hint):
            found.append(f"{kind.__name__}.{name}: {there!r} is no {hint}")
        found += misfits(there)
    return found


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return any(_fits(value, one) for one in get_args(hint))
    if hint is type(None):
        return value is None
    if origin is not None:
        hint = origin
    if hint is Any:
        return True
    if hint is float:
        return isinstance(value, int | float)
    if hint is int and isinstance(value, bool):
        return False
    return isinstance(value, hint)
