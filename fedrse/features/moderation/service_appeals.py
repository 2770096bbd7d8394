"""Appeals, by the person concerned, once and in time; and texts that are used again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, Forbidden, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.features.access.model import Role
from fedrse.features.access.model_roles import holders, outranks
from fedrse.features.access.service import Logins
from fedrse.features.audit.model import Actor, Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.features.moderation import queries_decisions as queries
from fedrse.features.moderation.model_decisions import (
    AppealState,
    Decision,
    Ending,
    checked_text,
)
from fedrse.features.moderation.service_alerts import Alerts
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_letters import Letters
from fedrse.features.moderation.service_queue import NEWEST, account_of
from fedrse.http.rights import Right
from fedrse.store.database import Transaction

LONGEST_TITLE: Final = 100
MOST_PRESETS: Final = 100


class Preset(Struct, frozen=True):
    """A row of ``warning_preset``: a text that those in charge use again."""

    id: int
    title: str
    text: str
    created_at: int


class Appeals:
    """Takes appeals and answers them."""

    def __init__(
        self,
        *,
        clock: Clock,
        audit: Audit,
        logins: Logins,
        decisions: Decisions,
        letters: Letters,
        alerts: Alerts,
    ) -> None:
        self._clock = clock
        self._audit = audit
        self._logins = logins
        self._decisions = decisions
        self._letters = letters
        self._alerts = alerts

    async def appeal(
        self, tx: Transaction, account_id: int, decision_id: int, text: str
    ) -> Decision:
        """Somebody does not agree with what was decided about them.

        Raises NotFound, Invalid (``appeal_empty``, ``appeal_too_long``), Conflict
        (``appeal_over``) the second time and after 20 days.
        """
        decision = await self._decisions.access_own(tx, account_id, decision_id)
        text = checked_text(text, code="appeal_too_long")
        if not text:
            raise Invalid("appeal_empty", "Validation failed: Text can't be blank")
        now = self._clock.now()
        if not decision.may_be_appealed(now) or not await tx.run(
            queries.APPEAL, key=decision_id, at=now, words=text
        ):
            raise Conflict("appeal_over", "There is no appeal against this decision any more.")
        changed = await self._decisions.access_own(tx, account_id, decision_id)
        await self._decisions.tell_again(tx, changed)
        await self._alerts.call(tx)
        return changed

    async def since(self, tx: Transaction, since: int, *, most: int) -> list[Decision]:
        """Decisions with an appeal that waits and was made after then (milliseconds)."""
        rows = await tx.all(queries.APPEALS_SINCE, since=since, limit=most)
        return [Decision(*row) for row in rows]

    async def page(
        self, tx: Transaction, *, below: int | None, limit: int, everything: bool
    ) -> list[Decision]:
        """Decisions with an appeal, the newest first; unless ``everything`` those that wait."""
        rows = await tx.all(
            queries.APPEALS, max_id=below or NEWEST, limit=limit, all=int(everything)
        )
        return [Decision(*row) for row in rows]

    async def count(self, tx: Transaction) -> int:
        """How many appeals wait."""
        return int(await tx.value(queries.COUNT_APPEALS))

    async def answer(
        self, tx: Transaction, by: Actor, decision_id: int, *, approved: bool, text: str = ""
    ) -> Decision:
        """Decides about an appeal; one that is right ends what was decided.

        Raises NotFound, Conflict (``appeal_answered``), Invalid, Forbidden (``appeal_own``) where
        somebody else could answer who did not decide, or it is about oneself.
        """
        decision = await self._decisions.access(tx, decision_id)
        if decision.appeal_state != AppealState.PENDING:
            raise Conflict("appeal_answered", "There is no appeal that waits for an answer.")
        who = account_of(by)
        if who is not None and not await self.may_answer(tx, who, decision):
            raise Forbidden("appeal_own", "Somebody else has to answer this appeal.")
        answer = checked_text(text, code="answer_too_long")
        state = AppealState.APPROVED if approved else AppealState.REJECTED
        await tx.run(
            queries.ANSWER,
            key=decision_id,
            new_state=state.value,
            answer=answer,
            who=who,
            at=self._clock.now(),
        )
        act = Act.APPEAL_APPROVED if approved else Act.APPEAL_REJECTED
        target = Target("decision", str(decision_id))
        await self._audit.record(tx, act, by, target, reason=answer)
        if approved:
            await self._decisions.revoke(tx, by, decision, Ending.APPEALED)
        changed = await self._decisions.access(tx, decision_id)
        await self._decisions.tell_again(tx, changed)
        await self._letters.answered(tx, decision_id)
        return changed

    async def may_answer(self, tx: Transaction, account_id: int, decision: Decision) -> bool:
        """Nobody answers about themselves, nor about an own decision where others can.

        Nor about those whose accounts are not theirs to decide about.
        """
        if account_id not in await self._competent(tx, decision):
            return False
        return account_id != decision.author_id or not await self._judges(tx, decision)

    async def _judges(self, tx: Transaction, decision: Decision) -> list[int]:
        """Those who may answer: neither whoever decided nor the person concerned."""
        found = await self._competent(tx, decision)
        return [one for one in found if one != decision.author_id]

    async def _competent(self, tx: Transaction, decision: Decision) -> list[int]:
        """Those with the right, and a higher role than the person concerned."""
        theirs = await self._logins.by_account(tx, decision.account_id)
        role = Role.MEMBER if theirs is None else theirs.role
        roles = [one for one in holders(Right.MANAGE_APPEALS) if outranks(one, role)]
        found = await self._logins.with_roles(tx, roles)
        return [one for one in found if one != decision.account_id]


class Presets:
    """Texts that those in charge use again."""

    def __init__(self, *, clock: Clock, ids: IdMaker, audit: Audit) -> None:
        self._clock = clock
        self._ids = ids
        self._audit = audit

    async def all(self, tx: Transaction) -> Sequence[Preset]:
        """All of them, the oldest first."""
        return [Preset(*row) for row in await tx.all(queries.PRESETS)]

    async def access(self, tx: Transaction, preset_id: int) -> Preset:
        """One of them. Raises NotFound."""
        row = await tx.one(queries.PRESET, key=preset_id)
        if row is None:
            raise NotFound
        return Preset(*row)

    async def add(self, tx: Transaction, by: Actor, title: str, text: str) -> Preset:
        """A new one. Raises Invalid."""
        title = checked_text(title, code="title_too_long")
        text = checked_text(text, code="text_too_long")
        if not text or not title or len(title) > LONGEST_TITLE:
            raise Invalid("preset_incomplete", "A template has a short title and a text.")
        if len(await self.all(tx)) >= MOST_PRESETS:
            raise Conflict("presets_many", "There are too many templates already.")
        made = Preset(self._ids.new(), title, text, self._clock.now())
        await tx.run(
            queries.ADD_PRESET, id=made.id, title=title, text=text, created_at=made.created_at
        )
        await self._record(tx, by, made, {"title": title, "text": text})
        return made

    async def remove(self, tx: Transaction, by: Actor, preset_id: int) -> None:
        """Removes one. Raises NotFound."""
        known = await self.access(tx, preset_id)
        await tx.run(queries.DROP_PRESET, key=preset_id)
        await self._record(tx, by, known, None)

    async def _record(
        self, tx: Transaction, by: Actor, preset: Preset, after: dict[str, str] | None
    ) -> None:
        target = Target("template", str(preset.id), preset.title)
        await self._audit.record(tx, Act.TEMPLATE_CHANGED, by, target, after=after)
