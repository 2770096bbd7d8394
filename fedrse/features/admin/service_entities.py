"""``Admin::Account`` and ``Admin::Report`` of the Mastodon API, for many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from fedrse.core.clock import to_iso
from fedrse.features.access.model import Role
from fedrse.features.access.model_registration import Registration
from fedrse.features.access.model_roles import permissions_of
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service import Accounts
from fedrse.features.admin.model import ROLE_NAMES, Address, Row, role_id
from fedrse.features.admin.service import People
from fedrse.features.moderation.model import Report
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.http.rights import Right
from fedrse.store.database import Transaction

Entity = dict[str, Any]
Reported = Callable[[Transaction, Sequence[int]], Awaitable[dict[int, bytes]]]
"""``Status`` of reported posts for those who moderate, by id; implemented by ``posts``."""

_NEVER: Final = 0


class AdminEntities:
    """Renders for those in charge."""

    def __init__(
        self,
        *,
        people: People,
        accounts: Accounts,
        reports: ReportQueue,
        reported: Reported,
        rules: Sequence[str],
        origin: str,
    ) -> None:
        """``rules`` of this site in their order; ``origin`` is its address."""
        self._people = people
        self._accounts = accounts
        self._reports = reports
        self._reported = reported
        self._rules = [
            {"id": str(number), "text": text, "hint": "", "translations": {}}
            for number, text in enumerate(rules, 1)
        ]
        self._origin = origin

    async def accounts(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Entity]:
        """``Admin::Account`` by id; those that are gone or of a site itself, too."""
        wanted = list(dict.fromkeys(ids))
        rows = await self._people.rows(tx, wanted)
        shown = await self._accounts.entities(tx, wanted)
        addresses = await self._people.addresses(tx, wanted)
        return {
            one: _account(rows[one], shown[one], addresses.get(one, []))
            for one in wanted
            if one in rows and one in shown
        }

    def waiting(self, known: Registration) -> Entity:
        """``Admin::Account`` of somebody who has none yet."""
        rendered = self._accounts.rendered_at_hand(_imagined(known, self._origin))
        entity = {} if rendered is None else rendered[0]
        row = Row(
            id=known.id,
            username=known.username,
            domain="",
            local=True,
            created_at=known.created_at,
            suspended=False,
            limited=False,
            sensitized=False,
            frozen=False,
            disabled=False,
            email=known.email,
            role=Role.MEMBER.value,
            locale=known.locale,
            invited_by=known.invited_by_id,
            last_active_at=None,
        )
        return _account(row, entity, []) | {
            "invite_request": known.reason or None,
            "confirmed": known.confirmed_at is not None,
            "approved": known.approved_at is not None,
            "created_by_application_id": str(known.app_id),
        }

    async def reports(self, tx: Transaction, reports: Sequence[Report]) -> list[Entity]:
        """``Admin::Report`` in the order of the reports."""
        people = await self.accounts(tx, [one for report in reports for one in _named(report)])
        posts = await self._reports.posts(tx, reports)
        statuses = await self._reported(tx, list(posts.values()))
        return [
            self._report(one, people, _of(one, posts, statuses))
            for one in reports
            if one.account_id in people and one.target_id in people
        ]

    def _report(
        self, report: Report, people: dict[int, Entity], statuses: list[msgspec.Raw]
    ) -> Entity:
        rules = [self._rules[int(one) - 1] for one in report.rule_ids if self._is_rule(one)]
        return {
            "id": str(report.id),
            "action_taken": not report.is_open,
            "action_taken_at": None if report.closed_at is None else to_iso(report.closed_at),
            "category": report.category,
            "comment": report.comment,
            "forwarded": report.forwarded,
            "created_at": to_iso(report.created_at),
            "updated_at": to_iso(report.updated_at),
            "account": people[report.account_id],
            "target_account": people[report.target_id],
            "assigned_account": people.get(report.assigned_id or _NEVER),
            "action_taken_by_account": people.get(report.closed_by_id or _NEVER),
            "statuses": statuses,
            "rules": rules,
        }

    def _is_rule(self, number: str) -> bool:
        return number.isdigit() and 1 <= int(number) <= len(self._rules)


def role_entity(role: Role, everybody: Iterable[Right] = ()) -> Entity:
    """The Mastodon ``Role``; ``everybody`` has these rights on this site besides."""
    return {
        "id": role_id(role),
        "name": ROLE_NAMES[role],
        "color": "",
        "permissions": str(permissions_of(role, everybody)),
        "highlighted": role.is_shown,
        "collection_limit": 0,
    }


def _account(row: Row, shown: Entity, addresses: Sequence[Address]) -> Entity:
    found = {
        "id": str(row.id),
        "username": row.username,
        "domain": None if row.local else row.domain,
        "created_at": to_iso(row.created_at),
        "email": row.email,
        "ip": addresses[0].ip if addresses else None,
        "ips": [{"ip": one.ip, "used_at": to_iso(one.used_at)} for one in addresses],
        "locale": row.locale,
        "invite_request": None,
        "role": role_entity(Role(row.role) if row.role else Role.MEMBER),
        "confirmed": True,
        "approved": True,
        "disabled": row.disabled or row.frozen,
        "sensitized": row.sensitized,
        "silenced": row.limited,
        "suspended": row.suspended,
        "account": shown,
    }
    if row.invited_by is not None:
        found["invited_by_account_id"] = str(row.invited_by)
    return found


def _named(report: Report) -> list[int]:
    people = (report.account_id, report.target_id, report.assigned_id, report.closed_by_id)
    return [one for one in people if one is not None]


def _of(report: Report, posts: dict[str, int], statuses: dict[int, bytes]) -> list[msgspec.Raw]:
    ids = [posts[uri] for uri in report.post_uris if uri in posts]
    return [msgspec.Raw(statuses[one]) for one in ids if one in statuses]


def _imagined(known: Registration, origin: str) -> Account:
    """The account that somebody would have."""
    blank: dict[str, Any] = dict.fromkeys(Account.__struct_fields__)
    texts = ("display_name", "note", "note_source", "search_key", "inbox", "badge")
    lists = ("fields_json", "emojis_json", "attribution_domains_json", "also_known_as_json")
    flags = (
        *("locked", "discoverable", "public_profile", "indexable", "memorial"),
        *("by_mail", "hide_collections", "suspended_here"),
    )
    numbers = (
        *("followers_count", "following_count", "local_followers_count", "statuses_count"),
        "fetched_at",
    )
    return Account(
        **(
            blank
            | dict.fromkeys(texts, "")
            | dict.fromkeys(lists, "[]")
            | dict.fromkeys(flags, False)
            | dict.fromkeys(("show_media", "show_media_replies", "show_featured"), True)
            | dict.fromkeys(numbers, 0)
            | {
                "id": known.id,
                "uri": f"{origin}/@{known.username}",
                "url": f"{origin}/@{known.username}",
                "local": True,
                "host": "",
                "domain": "",
                "kind": "Person",
                "username": known.username,
                "username_key": known.username_key,
                "avatar_description": "",
                "header_description": "",
                "created_at": known.created_at,
                "updated_at": known.created_at,
            }
        )
    )
