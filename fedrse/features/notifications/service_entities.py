"""Notifications as apps get them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from fedrse.core.clock import to_iso
from fedrse.core.json_pieces import JsonPieces
from fedrse.core.ports import Protocol
from fedrse.features.notifications.model import Notification
from fedrse.store.database import Transaction

# People read their newest notifications again and again.
moment = lru_cache(maxsize=4096)(to_iso)


class AccountEntities(Protocol):
    """Renders accounts; implemented by the feature ``accounts``."""

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...

    async def rendered(
        self, tx: Transaction, ids: list[int]
    ) -> dict[int, tuple[dict[str, Any], msgspec.Raw]]: ...


class StatusesForMany(Protocol):
    """Renders posts for many viewers; implemented by the feature ``posts``."""

    async def render(
        self, tx: Transaction, wanted: Mapping[int, Collection[int]]
    ) -> dict[int, dict[int, bytes]]: ...


@lru_cache(maxsize=4096)
def _head(identifier: int, kind: str, created_at: int, group_key: str) -> bytes:
    """The beginning of a ``Notification``, up to its account."""
    named = {
        "id": str(identifier),
        "type": kind,
        "created_at": moment(created_at),
        "group_key": group_key,
    }
    return msgspec.json.encode(named)[:-1] + b',"account":'


Fallback = Callable[[dict[str, Any]], dict[str, Any]]
"""The attribute ``fallback`` beside these attributes, for apps that do not know the kind."""


def entity(
    item: Notification,
    account: msgspec.Raw,
    status: JsonPieces | None,
    report: dict[str, Any] | None = None,
    *,
    fallback: Fallback | None = None,
) -> JsonPieces:
    """The Mastodon ``Notification``, in pieces that are to be joined."""
    head = _head(item.id, item.kind, item.created_at, item.group_key)
    about = () if status is None else (b',"status":', *status)
    more: dict[str, Any] = {} if report is None else {"report": report}
    if item.extra is not None:
        more |= item.attributes(account)
        if fallback is not None:
            more |= fallback(more)
    return (head, account, *about, ending(more))


def ending(more: Mapping[str, Any]) -> bytes:
    """What closes an object that has members, with further ones before."""
    return b"," + msgspec.json.encode(more)[1:] if more else b"}"


class NotificationEntities:
    """Renders notifications of many people at once, each as its person may see it."""

    def __init__(self, *, people: AccountEntities, statuses: StatusesForMany) -> None:
        self._people = people
        self._statuses = statuses

    async def render(
        self, tx: Transaction, found: Sequence[Notification]
    ) -> list[tuple[Notification, bytes]]:
        """Those whose post their person may see, with their JSON; the order is kept."""
        people = await self._people.rendered(tx, list({item.from_id for item in found}))
        wanted: defaultdict[int, set[int]] = defaultdict(set)
        for item in found:
            if item.post_id is not None:
                wanted[item.post_id].add(item.account_id)
        statuses = await self._statuses.render(tx, wanted)
        rendered = []
        for item in found:
            account = people.get(item.from_id)
            status = statuses.get(item.post_id or 0, {}).get(item.account_id)
            if account is not None and (item.post_id is None or status is not None):
                pieces = entity(item, account[1], None if status is None else (status,))
                rendered.append((item, b"".join(pieces)))
        return rendered
