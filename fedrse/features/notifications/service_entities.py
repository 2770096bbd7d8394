"""Notifications as apps get them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from fedrse.core.clock import to_iso
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


class Told(msgspec.Struct, omit_defaults=True, gc=False):
    """The Mastodon ``Notification`` with the usual attributes; None is left out."""

    id: str
    type: str
    created_at: str
    group_key: str
    account: msgspec.Raw
    status: msgspec.Raw | None = None
    report: dict[str, Any] | None = None


Fallback = Callable[[dict[str, Any]], dict[str, Any]]
"""The attribute ``fallback`` beside these attributes, for apps that do not know the kind."""


def entity(
    item: Notification,
    account: msgspec.Raw,
    status: bytes | None,
    report: dict[str, Any] | None = None,
    *,
    fallback: Fallback | None = None,
) -> Told | dict[str, Any]:
    """The Mastodon ``Notification``, to be encoded."""
    found = Told(
        str(item.id),
        item.kind,
        moment(item.created_at),
        item.group_key,
        account,
        None if status is None else msgspec.Raw(status),
        report,
    )
    if item.extra is None:
        return found
    more = item.attributes(account)
    return with_more(found, more | fallback(more) if fallback is not None else more)


def with_more(usual: msgspec.Struct, attributes: dict[str, Any]) -> dict[str, Any]:
    """An entity with further attributes."""
    found = ((name, getattr(usual, name)) for name in usual.__struct_fields__)
    return {name: value for name, value in found if value is not None} | attributes


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
                rendered.append((item, msgspec.json.encode(entity(item, account[1], status))))
        return rendered
