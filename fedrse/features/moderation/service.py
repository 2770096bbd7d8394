"""Takes reports, from people here and from other sites. The only writer of ``report``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from msgspec.structs import asdict

from fedrse.activitypub.dispatch import Ignored
from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.outbox import Outbox, Recipients
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker, parse_id
from fedrse.core.ports import Protocol
from fedrse.core.text import clean_text
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.moderation import queries, service_evidence
from fedrse.features.moderation.model import (
    LONGEST_COMMENT,
    MOST_POSTS,
    OPEN,
    Category,
    Flag,
    Report,
    entity,
    flag_of,
)
from fedrse.features.moderation.model_events import ReportClosed, Reported
from fedrse.store.database import Transaction
from fedrse.store.events import Events

MOMENT = 10 * MINUTE


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...

    async def by_uris(self, tx: Transaction, uris: Sequence[str]) -> dict[str, Account]: ...

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def instance_actor(self, tx: Transaction) -> Account | None: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, dict[str, Any]]: ...


class Evidence(Protocol):
    """Says which posts somebody of another site can have read; implemented by ``posts``."""

    async def may_actor_see(
        self, tx: Transaction, host: str, actor_id: int, post_id: int
    ) -> bool: ...

    async def may_site_see(self, tx: Transaction, host: str, post_id: int) -> bool: ...


class Reports:
    """Writes and lists reports."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        local_ids: LocalIds,
        outbox: Outbox,
        people: People,
        evidence: Evidence,
        events: Events,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._local_ids = local_ids
        self._outbox = outbox
        self._people = people
        self._evidence = evidence
        self._events = events

    async def report(
        self,
        tx: Transaction,
        reporter: int,
        target_id: int,
        *,
        post_ids: Sequence[int] = (),
        comment: str = "",
        category: Category = Category.OTHER,
        forward: bool = False,
        rules: Sequence[int] = (),
        collection_ids: Sequence[int] = (),
    ) -> tuple[Report, list[int]]:
        """Somebody here reports an account, posts and collections of it, and names broken rules.

        Returns the posts that count. The same once more within ten minutes is one report.

        ``forward``: the site of the account is told, too, without the name of the reporter. Raises
        NotFound for an account that the reporter does not see, Invalid.
        """
        target = await self._people.access_account(tx, reporter, target_id)
        comment = _checked(comment)
        posts = await tx.all(
            queries.POSTS_SEEN, ids=list(post_ids)[:MOST_POSTS], author=target.id, viewer=reporter
        )
        collections = await tx.ids(
            queries.COLLECTIONS, ids=list(collection_ids)[:MOST_POSTS], author=target.id
        )
        uris = [row.uri for row in posts]
        identifier = self._ids.new()
        report = Report(
            id=identifier,
            uri=self._local_ids.uri("report", identifier),
            account_id=reporter,
            target_id=target.id,
            posts=json.dumps(uris),
            comment=comment,
            category=category.value,
            forwarded=forward and not target.local,
            local=True,
            state=OPEN,
            created_at=self._clock.now(),
            updated_at=self._clock.now(),
            rules=json.dumps([str(one) for one in rules]),
            collections=json.dumps([str(one) for one in collections]),
        )
        known = await self._said_lately(tx, report)
        if known is not None:
            return known, [row.id for row in posts]
        await self._add(tx, report, [row.id for row in posts])
        if report.forwarded:
            await self._forward(tx, report, target, uris)
        return report, [row.id for row in posts]

    async def _said_lately(self, tx: Transaction, report: Report) -> Report | None:
        """The same in the same words a moment ago: a button was pressed twice."""
        row = await tx.one(
            queries.SAID,
            target=report.target_id,
            reporter=report.account_id,
            since=report.created_at - MOMENT,
            comment=report.comment,
            category=report.category,
            posts=report.posts,
            rules=report.rules,
            collections=report.collections,
            forwarded=report.forwarded,
        )
        return None if row is None else Report(*row)

    async def forward(self, tx: Transaction, report: Report) -> bool:
        """Tells the site of the account now; False where that was done, or it is of this site.

        Raises NotFound where the account is gone.
        """
        target = await self._people.by_id(tx, report.target_id)
        if target is None or target.deleted_at is not None:
            raise NotFound
        if target.local or not report.local or report.forwarded:
            return False
        await tx.run(queries.SET_FORWARDED, key=report.id, at=self._clock.now())
        await self._forward(tx, report, target, report.post_uris)
        return True

    async def _forward(
        self, tx: Transaction, report: Report, target: Account, uris: list[str]
    ) -> None:
        sender = await self._people.instance_actor(tx)
        if sender is None:
            raise Invalid("no_instance_actor", "This site cannot forward reports yet")
        await self._outbox.enqueue(
            tx,
            flag_of(report, instance_actor=sender.uri, target=target.uri, post_uris=uris),
            sender=sender.id,
            recipients=Recipients(accounts=(target.id,), personal=True),
            object_uri=report.uri,
        )

    async def receive(self, tx: Transaction, reporter: Account, flag: Flag, uri: str) -> str:
        """Another site reports somebody here. Raises Ignored if it is about nobody of ours.

        Posts that the reporter cannot have read are left out.
        """
        people = await self._people.by_uris(tx, flag.uris)
        wanted = [one for one in map(self._post_id, flag.uris) if one is not None]
        named = await tx.all(queries.LOCAL_POSTS, ids=wanted)
        posts = [row for row in named if await self._may_report(tx, reporter, row.id)]
        local = [people[one] for one in flag.uris if one in people and people[one].local]
        target = local[0] if local else None
        if target is None and posts:
            target = await self._people.by_id(tx, posts[0].account_id)
        if target is None or target.deleted_at is not None:
            raise Ignored("nobody_here")
        report = Report(
            id=self._ids.new(),
            uri=uri,
            account_id=reporter.id,
            target_id=target.id,
            posts=json.dumps([row.uri for row in posts if row.account_id == target.id]),
            comment=flag.comment,
            category=Category.OTHER.value,
            forwarded=False,
            local=False,
            state=OPEN,
            created_at=self._clock.now(),
            updated_at=self._clock.now(),
        )
        about = [row.id for row in posts if row.account_id == target.id]
        return "reported" if await self._add(tx, report, about) else "known"

    async def _add(self, tx: Transaction, report: Report, post_ids: Sequence[int]) -> bool:
        if not await tx.run(queries.ADD, **asdict(report)):
            return False
        await service_evidence.keep(tx, report.id, post_ids)
        told = Reported(report.id, report.account_id, report.target_id)
        await self._events.publish(tx, told)
        return True

    async def tell_reporter(self, tx: Transaction, report: Report, at: int, *, acted: bool) -> None:
        """Whoever of this site reported hears that somebody looked at it; ``at`` is when."""
        await self._events.publish(tx, ReportClosed(report.id, report.account_id, at, acted))

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Mastodon ``Report`` entities by id, for those who moderate this site."""
        reports = [Report(*row) for row in await tx.all(queries.BY_IDS, ids=list(ids))]
        uris = sorted({uri for report in reports for uri in report.post_uris})
        posts = {row.uri: row.id for row in await tx.all(queries.POSTS_BY_URI, uris=uris)}
        people = await self._people.entities(tx, list({one.target_id for one in reports}))
        return {
            one.id: entity(
                one, [posts[uri] for uri in one.post_uris if uri in posts], people[one.target_id]
            )
            for one in reports
            if one.target_id in people
        }

    async def _may_report(self, tx: Transaction, reporter: Account, post_id: int) -> bool:
        """Nobody reports what they cannot have read; an instance actor speaks for its site."""
        if reporter.kind == INSTANCE:
            return await self._evidence.may_site_see(tx, reporter.host, post_id)
        return await self._evidence.may_actor_see(tx, reporter.host, reporter.id, post_id)

    def _post_id(self, address: str) -> int | None:
        """The post that an id or a page of this site names."""
        local = self._local_ids.parse(address)
        if local is not None:
            return local.id if local.kind == "post" and not local.part else None
        if not address.startswith(f"{self._local_ids.origin}/@"):
            return None
        return parse_id(address.rpartition("/")[2])

    async def open_reports(self, tx: Transaction, limit: int = 100) -> list[Report]:
        """What nobody has decided about yet, newest first."""
        return [Report(*row) for row in await tx.all(queries.OPEN_REPORTS, limit=limit)]


def _checked(comment: str) -> str:
    """What somebody here has written. Raises Invalid."""
    comment = clean_text(comment).strip()
    if len(comment) > LONGEST_COMMENT:
        raise Invalid(
            "comment_too_long",
            f"Validation failed: Comment is too long (maximum is {LONGEST_COMMENT} characters)",
        )
    return comment
