"""Client API: grouped notifications (Mastodon API ``grouped_notifications``)."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec import Raw, Struct

from fedrse.core.ids import time_of
from fedrse.core.json_pieces import json_lists, list_of, list_of_pieces
from fedrse.features.notifications.api import (
    ListParameters,
    ReportEntities,
    Speech,
    StatusEntities,
)
from fedrse.features.notifications.model_fallback import Fallbacks
from fedrse.features.notifications.service_entities import AccountEntities, ending, moment
from fedrse.features.notifications.service_groups import Group, GroupPage, Groups
from fedrse.http.reply import Reply, encode_json, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

# Attributes of a PartialAccountWithAvatar.
PARTIAL = (
    *("id", "acct", "locked", "bot", "url", "avatar", "avatar_static", "avatar_description"),
)


class GroupParameters(ListParameters):
    """Which groups are asked for; without ``grouped_types`` all kinds that can be grouped are."""

    grouped_types: list[str] | None = None
    expand_accounts: str = "full"


class GroupsApi:
    """Handlers; each opens one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        groups: Groups,
        accounts: AccountEntities,
        statuses: StatusEntities,
        reports: ReportEntities | None = None,
        say: Speech,
    ) -> None:
        self._database = database
        self._groups = groups
        self._accounts = accounts
        self._statuses = statuses
        self._reports = reports
        self._say = say

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        base, one = "/api/v2/notifications", "/api/v2/notifications/{group_key}"
        read, write = ("read:notifications",), ("write:notifications",)

        def route(method: str, path: str, handler: Handler, scopes: tuple[str, ...]) -> Route:
            return Route(method, path, handler, Surface.API, Auth.USER, scopes=scopes)

        return [
            route("GET", base, self.listing, read),
            route("GET", f"{base}/unread_count", self.unread_count, read),
            route("GET", one, self.one, read),
            route("POST", f"{one}/dismiss", self.dismiss, write),
            # The documentation says write, apps ask with what they read notifications with.
            route("GET", f"{one}/accounts", self.people, (*write, *read)),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /api/v2/notifications``."""
        viewer, page = request.require_viewer(), request.page(default=40, cap=80)
        given = request.bind(GroupParameters)
        fallbacks = Fallbacks(given.supported_types, partial(self._say, request.language))

        async def unit(tx: Transaction) -> tuple[list[Group], bytes]:
            found = await self._groups.listing(
                tx, viewer, page, given.wanted(), given.grouped_types
            )
            body = await self._results(tx, viewer, found, given, fallbacks, paged=True)
            return found.groups, body

        found, body = await self._database.read(unit)
        links = request.link(
            page,
            newest=found[0].head.id if found else None,
            oldest=found[-1].head.id if found else None,
        )
        return Reply(body, headers=links)

    async def one(self, request: Request) -> Reply:
        """``GET /api/v2/notifications/:group_key``."""
        viewer, key = request.require_viewer(), request.values["group_key"]
        given = request.bind(GroupParameters)
        fallbacks = Fallbacks(given.supported_types, partial(self._say, request.language))

        async def unit(tx: Transaction) -> bytes:
            found = await self._groups.access_group(tx, viewer, key)
            shown = GroupPage([found])
            return await self._results(tx, viewer, shown, given, fallbacks, paged=False)

        return Reply(await self._database.read(unit))

    async def people(self, request: Request) -> Reply:
        """``GET /api/v2/notifications/:group_key/accounts``."""
        viewer, key = request.require_viewer(), request.values["group_key"]

        async def unit(tx: Transaction) -> list[dict[str, Any]]:
            ids = await self._groups.people(tx, viewer, key)
            people = await self._accounts.entities(tx, ids)
            return [people[one] for one in ids if one in people]

        return json_reply(await self._database.read(unit))

    async def dismiss(self, request: Request) -> Reply:
        """``POST /api/v2/notifications/:group_key/dismiss``."""
        viewer, key = request.require_viewer(), request.values["group_key"]
        await self._database.write(self._groups.dismiss, viewer, key)
        return json_reply({})

    async def unread_count(self, request: Request) -> Reply:
        """``GET /api/v2/notifications/unread_count``."""
        viewer, limit = request.require_viewer(), request.page(default=100, cap=1000).limit
        given = request.bind(GroupParameters)
        count = await self._database.read(
            self._groups.unread_count, viewer, limit, given.wanted(), given.grouped_types
        )
        return json_reply({"count": count})

    async def _results(
        self,
        tx: Transaction,
        viewer: int,
        found: GroupPage,
        given: GroupParameters,
        fallbacks: Fallbacks,
        *,
        paged: bool,
    ) -> bytes:
        """The Mastodon ``GroupedNotificationsResults``."""
        statuses = await self._statuses.pieces_by_id(tx, found.posts, viewer)
        if len(statuses) < len(found.posts):
            found = found.without(set(found.posts) - statuses.keys())
        told = found.reports
        reports = await self._reports(tx, told) if self._reports and told else {}
        people = await self._accounts.rendered(tx, found.people)
        results: dict[str, list[bytes | Raw]] = {}
        full = found.people
        if given.expand_accounts == "partial_avatars":
            newest = dict.fromkeys(group.sample[0] for group in found.groups)
            full = list(newest)
            results["partial_accounts"] = list_of(
                encode_json({name: people[one][0].get(name) for name in PARTIAL})
                for one in found.people
                if one in people and one not in newest
            )
        results["accounts"] = list_of(people[one][1] for one in full if one in people)
        results["statuses"] = list_of_pieces(statuses[one] for one in found.posts)
        results["notification_groups"] = list_of(
            one.drawn
            if paged and one.drawn
            else _drawn(
                one,
                reports.get(one.head.report_id or 0),
                people[one.head.from_id],
                fallbacks,
                paged=paged,
            )
            for one in found.groups
            if one.head.from_id in people
        )
        return json_lists(results)


class ShownGroup(Struct, omit_defaults=True, gc=False):
    """The Mastodon ``NotificationGroup`` with the usual attributes; None is left out."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: str
    sample_account_ids: list[str]
    status_id: str | None = None
    report: dict[str, Any] | None = None
    page_min_id: str | None = None
    page_max_id: str | None = None
    latest_page_notification_at: str | None = None


def _drawn(
    group: Group,
    report: dict[str, Any] | None,
    account: tuple[dict[str, Any], Raw],
    fallbacks: Fallbacks,
    *,
    paged: bool,
) -> bytes:
    """The Mastodon ``NotificationGroup``; ``account`` is the newest one in it.

    On a page it is remembered in the group, unless more than the group belongs to it.
    """
    head = group.head
    found = ShownGroup(
        group.key,
        group.count,
        head.kind,
        str(head.id),
        list(map(str, group.sample)),
        None if head.post_id is None else str(head.post_id),
        report,
    )
    if paged:
        found.page_min_id, found.page_max_id = str(group.oldest_id), str(head.id)
        found.latest_page_notification_at = moment(time_of(head.id))
    if head.extra is not None:
        more = head.attributes(account[1])
        more |= fallbacks.of(head.kind, account[0], more)
        return encode_json(found)[:-1] + ending(more)
    drawn = encode_json(found)
    if paged and report is None:
        group.drawn = drawn
    return drawn
