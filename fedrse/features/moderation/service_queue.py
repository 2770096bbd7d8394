"""Working on reports: who takes one on, what is noted about it, and that it is closed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from fedrse.core.clock import Clock
from fedrse.core.errors import Forbidden, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.paging import Page
from fedrse.features.audit.model import Actor, Origin, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.moderation import queries, queries_decisions, service_evidence
from fedrse.features.moderation.model import CLOSED, OPEN, Category, Exhibit, Note, Report
from fedrse.features.moderation.model_decisions import checked_text
from fedrse.features.moderation.service import Reports
from fedrse.features.moderation.service_letters import Letters
from fedrse.store.database import Transaction

NEWEST: Final = 1 << 62


class ReportQueue:
    """What those who moderate this site do with reports, apart from decisions about people.

    Everything is recorded in the log of administrative acts.
    """

    def __init__(
        self, *, clock: Clock, ids: IdMaker, audit: Audit, reports: Reports, letters: Letters
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._audit = audit
        self._reports = reports
        self._letters = letters

    # Reading

    async def page(
        self,
        tx: Transaction,
        page: Page,
        *,
        state: str = "",
        by: int | None = None,
        about: int | None = None,
        assigned: int | None = None,
        viewer: int | None = None,
    ) -> list[Report]:
        """Reports, the newest first; what is not given matches all.

        ``viewer``, who reads them, finds none about themselves: nor who reported them.
        """
        rows = await tx.all(
            queries.PAGE[page.ascending],
            max_id=NEWEST if page.max_id is None else page.max_id,
            since_id=page.after or 0,
            limit=page.limit,
            state=state,
            by=by or 0,
            about=about or 0,
            mine=assigned or 0,
            reader=viewer or 0,
        )
        found = [Report(*row) for row in rows]
        return found[::-1] if page.ascending else found

    async def access(self, tx: Transaction, report_id: int) -> Report:
        """A report. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=report_id)
        if row is None:
            raise NotFound
        return Report(*row)

    async def access_for(self, tx: Transaction, viewer: int, report_id: int) -> Report:
        """A report for somebody in charge whom it is not about. Raises NotFound."""
        report = await self.access(tx, report_id)
        if report.target_id == viewer:
            raise NotFound
        return report

    async def count_open(self, tx: Transaction, *, besides: int) -> int:
        """How many wait, but for those about one account: whoever looks."""
        return int(await tx.value(queries.COUNT_OPEN, besides=besides))

    async def open_about(self, tx: Transaction, account_id: int) -> list[Report]:
        """What waits about one account."""
        return [Report(*row) for row in await tx.all(queries.OPEN_ABOUT, target=account_id)]

    async def made_by(self, tx: Transaction, account_id: int, limit: int = 40) -> list[Report]:
        """What somebody reported, for that person."""
        rows = await tx.all(queries.MADE_BY, reporter=account_id, limit=limit)
        return [Report(*row) for row in rows]

    async def acted(self, tx: Transaction, reports: Sequence[Report]) -> set[int]:
        """Those of these reports on which, or about whose account since, something was decided."""
        return set(await tx.ids(queries_decisions.ACTED_ON, ids=[one.id for one in reports]))

    async def evidence(self, tx: Transaction, ids: Sequence[int]) -> dict[int, list[Exhibit]]:
        """What reported posts said, by report."""
        return await service_evidence.of_reports(tx, ids)

    async def posts(self, tx: Transaction, reports: Sequence[Report]) -> dict[str, int]:
        """Reported posts that are still there: ids by URI."""
        uris = sorted({uri for one in reports for uri in one.post_uris})
        return {row.uri: row.id for row in await tx.all(queries.POSTS_BY_URI, uris=uris)}

    async def notes(self, tx: Transaction, report_id: int) -> list[Note]:
        """What those in charge noted, the oldest first."""
        return [Note(*row) for row in await tx.all(queries.NOTES, key=report_id)]

    # Working: nobody works on what is about themselves

    async def _others(self, tx: Transaction, by: Actor, report_id: int) -> Report:
        """A report about somebody else. Raises NotFound, Forbidden (``own_account``)."""
        report = await self.access(tx, report_id)
        if account_of(by) == report.target_id:
            raise Forbidden("own_account", "Nobody decides about themselves.")
        return report

    async def assign(
        self, tx: Transaction, by: Actor, report_id: int, account_id: int | None
    ) -> Report:
        """Somebody takes it on, or nobody any more. Raises NotFound, Forbidden."""
        report = await self._others(tx, by, report_id)
        if report.assigned_id == account_id:
            return report
        await tx.run(queries.ASSIGN, key=report_id, who=account_id, at=self._clock.now())
        await self._audit.record(
            tx,
            Act.REPORT_ASSIGNED,
            by,
            target_of(report),
            before={"assigned": _text(report.assigned_id)},
            after={"assigned": _text(account_id)},
        )
        return await self.access(tx, report_id)

    async def note(self, tx: Transaction, by: Actor, report_id: int, text: str) -> None:
        """Writes down something for the others in charge. Raises NotFound, Invalid."""
        report = await self._others(tx, by, report_id)
        text = checked_text(text, code="note_too_long")
        if not text:
            raise Invalid("note_empty", "Validation failed: Text can't be blank")
        await tx.run(
            queries.ADD_NOTE,
            id=self._ids.new(),
            report_id=report_id,
            account_id=account_of(by),
            text=text,
            created_at=self._clock.now(),
        )
        await self._audit.record(tx, Act.REPORT_NOTED, by, target_of(report))

    async def classify(
        self,
        tx: Transaction,
        by: Actor,
        report_id: int,
        category: Category | None,
        rules: Sequence[int] | None,
    ) -> Report:
        """Says what it is really about. Raises NotFound, Forbidden."""
        report = await self._others(tx, by, report_id)
        new_category = report.category if category is None else category.value
        listed = report.rule_ids if rules is None else [str(one) for one in sorted(set(rules))]
        if new_category != Category.VIOLATION:
            listed = []
        before = {"category": report.category, "rules": report.rule_ids}
        after = {"category": new_category, "rules": listed}
        if before == after:
            return report
        await tx.run(
            queries.CLASSIFY,
            key=report_id,
            new_category=new_category,
            new_rules=json.dumps(listed),
            at=self._clock.now(),
        )
        await self._audit.record(
            tx, Act.REPORT_CLASSIFIED, by, target_of(report), before=before, after=after
        )
        return await self.access(tx, report_id)

    async def close(self, tx: Transaction, by: Actor, report_id: int) -> Report:
        """It was looked at; whoever reported hears that. Raises NotFound, Forbidden."""
        report = await self._others(tx, by, report_id)
        if not report.is_open:
            return report
        now = self._clock.now()
        await tx.run(
            queries.SET_STATE,
            key=report_id,
            new_state=CLOSED,
            closed=now,
            who=account_of(by),
            at=now,
        )
        await self._audit.record(tx, Act.REPORT_RESOLVED, by, target_of(report))
        if report.local:
            about = {"key": report_id, "holder": report.target_id, "since": report.created_at}
            acted = await tx.one(queries_decisions.ACTED, **about) is not None
            await self._reports.tell_reporter(tx, report, now, acted=acted)
            await self._letters.report_closed(tx, report.account_id, report_id, acted=acted)
        return await self.access(tx, report_id)

    async def reopen(self, tx: Transaction, by: Actor, report_id: int) -> Report:
        """It has to be looked at once more. Raises NotFound, Forbidden."""
        report = await self._others(tx, by, report_id)
        if report.is_open:
            return report
        await tx.run(
            queries.SET_STATE,
            key=report_id,
            new_state=OPEN,
            closed=None,
            who=None,
            at=self._clock.now(),
        )
        await self._audit.record(tx, Act.REPORT_REOPENED, by, target_of(report))
        return await self.access(tx, report_id)

    async def forward(self, tx: Transaction, by: Actor, report_id: int) -> Report:
        """Tells the site of whom it is about, without the name of the reporter.

        Raises NotFound, Forbidden.
        """
        report = await self._others(tx, by, report_id)
        if await self._reports.forward(tx, report):
            await self._audit.record(tx, Act.REPORT_FORWARDED, by, target_of(report))
        return await self.access(tx, report_id)


def target_of(report: Report) -> Target:
    """How the log names a report."""
    return Target("report", str(report.id))


def account_of(by: Actor) -> int | None:
    """The account of whoever acts; None for the command line and the site itself."""
    return int(by.id) if by.origin is Origin.PERSON else None


def _text(account_id: int | None) -> str | None:
    return None if account_id is None else str(account_id)
