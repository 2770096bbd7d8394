"""Accounts as apps get them: the Mastodon entity ``Account``, rendered once per version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Raw, json

from fedrse.core.clock import to_date, to_iso
from fedrse.features.accounts import queries
from fedrse.features.accounts.model import BOTS, GROUP, Account
from fedrse.features.accounts.model_approval import shown_group
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service_snapshots import SnapshotCache
from fedrse.store.database import Transaction

Entity = dict[str, Any]
MOST_REMEMBERED = 20_000
_encode = json.Encoder().encode


class AccountEntities:
    """Renders accounts for readers; what it remembers is forgotten when an account changes."""

    def __init__(
        self, *, pictures: Pictures, mails_posts: bool, badges: Mapping[str, Entity]
    ) -> None:
        """``mails_posts``: the site sends public posts by mail, and says of whom.

        ``badges`` are ``AccountRole`` entities by the name of the role.
        """
        self._pictures = pictures
        self._badges = badges
        self._mails_posts = mails_posts
        self._rendered: SnapshotCache[int, tuple[Entity, Raw]] = SnapshotCache(most=MOST_REMEMBERED)

    async def entities(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Entity]:
        """Entities by account id, in the order of the ids; unknown ids are left out.

        They are shared with other readers: copy before changing one.
        """
        rendered = await self._all(tx, list(dict.fromkeys(ids)))
        return {account_id: found[0] for account_id, found in rendered.items()}

    async def rendered(self, tx: Transaction, ids: Iterable[int]) -> dict[int, tuple[Entity, Raw]]:
        """The same, each with its JSON, to be put into a larger document."""
        return await self._all(tx, list(dict.fromkeys(ids)))

    @property
    def version(self) -> int:
        """Higher after each change of an account: the same: all that was rendered is as it was."""
        return self._rendered.version

    def rendered_at_hand(self, account: Account) -> tuple[Entity, Raw] | None:
        """The same of an account as a writer has it, None where another one belongs to it."""
        if account.moved_to is not None:
            return None
        entity = self._entity(account)
        return entity, Raw(_encode(entity))

    def forget(self, account_id: int) -> None:
        """Renders this account anew."""
        self._rendered.forget(account_id)

    def forget_all(self) -> None:
        """Renders all accounts anew."""
        self._rendered.forget_all()

    async def _all(self, tx: Transaction, ids: Sequence[int]) -> dict[int, tuple[Entity, Raw]]:
        if tx.snapshot is None:
            return await self._render(tx, ids)
        found = self._rendered.get_many(ids)
        if len(found) == len(ids):
            return found
        fresh = await self._render(tx, [one for one in ids if one not in found])
        for account_id, entry in fresh.items():
            self._rendered.put(account_id, entry, tx.snapshot)
        together = found | fresh
        return {one: together[one] for one in ids if one in together}

    async def _render(self, tx: Transaction, ids: Sequence[int]) -> dict[int, tuple[Entity, Raw]]:
        rows = await tx.all(queries.BY_IDS, ids=list(ids))
        accounts = {row.id: Account(*row) for row in rows}
        moved = await self._targets(tx, accounts.values())
        result: dict[int, tuple[Entity, Raw]] = {}
        for account_id in ids:
            account = accounts.get(account_id)
            if account is not None:
                entity = self._entity(account)
                target = moved.get(account.moved_to or "")
                if target is not None and account.uri in target.also_known_as:
                    entity["moved"] = self._entity(target)
                result[account_id] = entity, Raw(_encode(entity))
        return result

    def _entity(self, account: Account) -> Entity:
        entity = account_entity(account, self._pictures)
        badge = None if account.is_gone else self._badges.get(account.badge)
        entity["roles"] = [] if badge is None else [badge]
        if self._mails_posts:
            entity["email_subscriptions"] = account.is_mailed
        return entity

    async def _targets(self, tx: Transaction, accounts: Iterable[Account]) -> dict[str, Account]:
        uris = [account.moved_to for account in accounts if account.moved_to is not None]
        if not uris:
            return {}
        return {row.uri: Account(*row) for row in await tx.all(queries.BY_URIS, uris=uris)}


def account_entity(account: Account, pictures: Pictures) -> Entity:
    """The Mastodon ``Account``; of those suspended or deleted only what names them."""
    avatar, header = pictures.avatar(account), pictures.header(account)
    gone = account.is_gone
    return {
        "id": str(account.id),
        "username": account.username,
        "acct": account.acct,
        "display_name": "" if gone else account.display_name,
        "locked": account.locked,
        "bot": account.kind in BOTS,
        **_agreed(account),
        "group": account.kind == GROUP,
        "created_at": to_iso(account.created_at),
        "note": "" if gone else account.note,
        "url": account.url or account.uri,
        "uri": account.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "" if gone else account.avatar_description,
        "header": header,
        "header_static": header,
        "header_description": "" if gone else account.header_description,
        "followers_count": account.followers_count,
        "following_count": account.following_count,
        "statuses_count": account.statuses_count,
        "last_status_at": _day(account.last_status_at),
        "hide_collections": account.hide_collections,
        "show_media": account.show_media,
        "show_media_replies": account.show_media_replies,
        "show_featured": account.show_featured,
        "memorial": account.memorial,
        "suspended": gone,
        "limited": account.limited_at is not None,
        "moved": None,
        "emojis": [] if gone else pictures.emojis(account),
        "fields": [] if gone else _fields(account),
        "roles": [],
        "feature_approval": _approval(account),
    }


def _approval(account: Account) -> Entity:
    """Whether the reader may put somebody into a collection: people here always."""
    if account.is_gone:
        return {"automatic": [], "manual": [], "current_user": "denied"}
    if account.local:
        return {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    approval = account.feature_approval
    return {
        "automatic": [shown_group(one) for one in approval.automatic],
        "manual": [shown_group(one) for one in approval.manual],
        "current_user": approval.right,
    }


def _agreed(account: Account) -> Entity:
    """Where somebody wants to be shown."""
    there = not account.is_gone
    return {
        "discoverable": account.discoverable and there,
        "public_profile": account.public_profile and there,
        "indexable": account.indexable and there,
        "noindex": not account.indexable,
    }


def _day(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else to_date(milliseconds)


def _fields(account: Account) -> list[Entity]:
    return [
        {
            "name": field.name,
            "value": field.value,
            "verified_at": None if field.verified_at is None else to_iso(field.verified_at),
        }
        for field in account.fields
    ]


def source_of(account: Account) -> Entity:
    """What a person typed, as ``CredentialAccount.source`` shows it; higher features add more."""
    return {
        "note": account.note_source,
        "fields": [
            {"name": field.name, "value": field.source, "verified_at": None}
            for field in account.fields
        ],
        "hide_collections": account.hide_collections,
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "attribution_domains": list(account.attribution_domains),
    }


def profile_entity(account: Account, entity: Entity) -> Entity:
    """The Mastodon ``Profile``: what a person typed; ``entity`` is the rendered account."""
    avatar = entity["avatar"] if account.avatar is not None else None
    header = entity["header"] if account.header is not None else None
    return {
        "id": entity["id"],
        "display_name": account.display_name,
        "note": account.note_source,
        "fields": [
            shown | {"value": field.source}
            for shown, field in zip(_fields(account), account.fields, strict=True)
        ],
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": account.avatar_description,
        "header": header,
        "header_static": header,
        "header_description": account.header_description,
        "locked": account.locked,
        "bot": account.kind in BOTS,
        "hide_collections": account.hide_collections,
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "show_media": account.show_media,
        "show_media_replies": account.show_media_replies,
        "show_featured": account.show_featured,
        "attribution_domains": list(account.attribution_domains),
    }
