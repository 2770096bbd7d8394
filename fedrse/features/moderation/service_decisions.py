"""Decisions about people and their posts: made, explained, and ended. The only writer of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import asdict

from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, Forbidden, Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.ports import Protocol
from fedrse.features.access.model_roles import require_outranks
from fedrse.features.access.service import Logins
from fedrse.features.accounts.model import INSTANCE, Account
from fedrse.features.accounts.service_states import AccountStates
from fedrse.features.audit.model import SITE, Actor, Target
from fedrse.features.audit.service import Audit
from fedrse.features.moderation import queries_decisions as queries
from fedrse.features.moderation.model_decisions import (
    ACTS,
    LONGEST_LIFE,
    MOST_POSTS,
    ONLY_HERE,
    UNDOING,
    Action,
    Decision,
    Ending,
    Wish,
    checked_text,
    warning_entity,
)
from fedrse.features.moderation.model_events import Decided
from fedrse.features.moderation.service_letters import Letters
from fedrse.features.moderation.service_queue import ReportQueue, account_of
from fedrse.features.posts.model import OPEN, Post
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.store.events import Events

EXPIRE: Final = "moderation.expire"
MOST_LISTED: Final = 100


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class PostActs(Protocol):
    """What may be done to posts of others; implemented by ``posts.service_takedowns``."""

    async def remove(self, tx: Transaction, post_id: int) -> Post | None: ...

    async def cover(self, tx: Transaction, post_id: int, *, sensitive: bool) -> bool: ...

    def draw_again(self, tx: Transaction) -> None: ...


class Decisions:
    """Makes decisions and ends them; each is in the log, and the person concerned is told."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        events: Events,
        audit: Audit,
        people: People,
        states: AccountStates,
        posts: PostActs,
        logins: Logins,
        reports: ReportQueue,
        letters: Letters,
        jobs: Queue,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._events = events
        self._audit = audit
        self._people = people
        self._states = states
        self._posts = posts
        self._logins = logins
        self._reports = reports
        self._letters = letters
        self._jobs = jobs

    # Reading

    async def access(self, tx: Transaction, decision_id: int) -> Decision:
        """A decision, for those in charge. Raises NotFound."""
        row = await tx.one(queries.BY_ID, key=decision_id)
        if row is None:
            raise NotFound
        return Decision(*row)

    async def access_own(self, tx: Transaction, account_id: int, decision_id: int) -> Decision:
        """A decision about this person. Raises NotFound."""
        row = await tx.one(queries.OWN, key=decision_id, holder=account_id)
        if row is None:
            raise NotFound
        return Decision(*row)

    async def about(self, tx: Transaction, account_id: int) -> list[Decision]:
        """What was decided about somebody, the newest first."""
        rows = await tx.all(queries.OF, holder=account_id, limit=MOST_LISTED)
        return [Decision(*row) for row in rows]

    async def of_report(self, tx: Transaction, report_id: int) -> list[Decision]:
        """What was decided on a report, the newest first."""
        return [Decision(*row) for row in await tx.all(queries.OF_REPORT, key=report_id)]

    # Deciding

    async def decide(self, tx: Transaction, by: Actor, wish: Wish) -> Decision:
        """Does what was decided, closes the report, and tells the person.

        Raises NotFound, Invalid (``action_...``, ``text_too_long``), Forbidden (``own_account``,
        ``rank_too_low``), Conflict (``last_owner``).
        """
        account = await self.permitted(tx, by, wish.account_id)
        if wish.action in ONLY_HERE and not account.local:
            raise Invalid("action_elsewhere", "This is possible for people of this site only.")
        if wish.life is not None and not 0 < wish.life <= LONGEST_LIFE:
            raise Invalid("action_life", "A decision for a time lasts a year at the most.")
        text = checked_text(wish.text, code="text_too_long")
        posts = await self._posts_of(tx, wish) if wish.action.is_about_posts else []
        posts = await self._apply(tx, account, wish.action, posts)
        now = self._clock.now()
        lasting = wish.action.is_lasting
        decision = Decision(
            id=self._ids.new(),
            account_id=account.id,
            author_id=account_of(by),
            report_id=wish.report_id,
            action=wish.action.value,
            text=text,
            posts=json.dumps([str(one) for one in posts]),
            created_at=now,
            expires_at=now + wish.life if lasting and wish.life is not None else None,
            ended_at=None,
            ending=None,
            appeal_text=None,
            appealed_at=None,
            appeal_state=None,
            appeal_answer="",
            appeal_author_id=None,
            appeal_decided_at=None,
        )
        await tx.run(queries.ADD, **asdict(decision))
        await self._record(tx, by, account, decision)
        await self._close_reports(tx, by, wish)
        await self._tell(tx, account, decision, by_mail=wish.sends_mail)
        if decision.expires_at is not None:
            arguments = {"decision": decision.id}
            await self._jobs.enqueue(tx, EXPIRE, arguments, due_at=decision.expires_at)
        return decision

    async def permitted(self, tx: Transaction, by: Actor, account_id: int) -> Account:
        """An account about which somebody may decide.

        Raises NotFound, Forbidden for oneself and those whom the own role does not outrank.
        """
        account = await self._people.by_id(tx, account_id)
        if account is None or account.deleted_at is not None:
            raise NotFound
        if account.local and account.kind == INSTANCE:
            raise NotFound
        author = account_of(by)
        if author is None:
            return account
        if author == account.id:
            raise Forbidden("own_account", "Nobody decides about themselves.")
        mine = await self._logins.require(tx, author)
        theirs = await self._logins.by_account(tx, account_id)
        if theirs is not None:
            require_outranks(mine.role, theirs.role)
        return account

    async def _posts_of(self, tx: Transaction, wish: Wish) -> list[int]:
        """Posts of the person that everybody here may read, or that somebody reported."""
        reported = set()
        if wish.report_id is not None:
            report = await self._reports.access(tx, wish.report_id)
            reported = set(report.post_uris)
        ids = list(dict.fromkeys(wish.post_ids))[:MOST_POSTS]
        rows = await tx.all(queries.POSTS, ids=ids, author=wish.account_id)
        found = [row.id for row in rows if row.audience in OPEN or row.uri in reported]
        if not found:
            raise Invalid("action_posts", "This decision needs posts that it is about.")
        return found

    async def _apply(
        self, tx: Transaction, account: Account, action: Action, posts: Sequence[int]
    ) -> list[int]:
        """Does it; returns the posts that it changed."""
        if action in {Action.SUSPEND, Action.FREEZE}:
            await self._logins.keep_an_owner(tx, account.id)
        if action.is_lasting:
            await self._set(tx, account, action, on=True)
        changed = []
        if action is Action.MARK_POSTS:
            changed = [one for one in posts if await self._posts.cover(tx, one, sensitive=True)]
            if not changed:
                raise Invalid("action_covered", "These posts are marked as sensitive already.")
        elif action is Action.DELETE_POSTS:
            changed = [one for one in posts if await self._posts.remove(tx, one) is not None]
        return changed

    async def _set(self, tx: Transaction, account: Account, action: Action, *, on: bool) -> None:
        if action is Action.SUSPEND:
            await self._states.suspend(tx, account.id, suspended=on)
        elif action is Action.LIMIT:
            await self._states.limit(tx, account.id, limited=on)
        elif action is Action.SENSITIVE:
            await self._states.sensitize(tx, account.id, sensitive=on)
            self._posts.draw_again(tx)
        elif action is Action.FREEZE and account.local:
            await self._states.freeze(tx, account.id, frozen=on)
        if account.local:
            self._logins.forget_entries(tx, account.id)

    async def _record(
        self, tx: Transaction, by: Actor, account: Account, decision: Decision
    ) -> None:
        after: dict[str, object] = {"decision": str(decision.id)}
        if decision.report_id is not None:
            after["report"] = str(decision.report_id)
        if decision.post_ids:
            after["posts"] = [str(one) for one in decision.post_ids]
        if decision.expires_at is not None:
            after["until"] = decision.expires_at
        action = Action(decision.action)
        await self._audit.record(
            tx, ACTS[action], by, target_of(account), after=after, reason=decision.text
        )

    async def _close_reports(self, tx: Transaction, by: Actor, wish: Wish) -> None:
        if wish.report_id is not None:
            await self._reports.close(tx, by, wish.report_id)
        if wish.whole:
            for report in await self._reports.open_about(tx, wish.account_id):
                await self._reports.close(tx, by, report.id)

    async def _tell(
        self, tx: Transaction, account: Account, decision: Decision, *, by_mail: bool
    ) -> None:
        if not account.local:
            return
        await self.tell_again(tx, decision)
        if by_mail:
            await self._letters.decided(tx, decision.id)

    async def tell_again(self, tx: Transaction, decision: Decision) -> None:
        """The notification says what is now."""
        told = Decided(decision.id, decision.account_id, warning_entity(decision))
        await self._events.publish(tx, told)

    # Ending

    async def undo(self, tx: Transaction, by: Actor, account_id: int, action: Action) -> Account:
        """Ends all decisions of this kind about an account, and what they did.

        Raises NotFound, Forbidden as ``decide`` does.
        """
        account = await self.permitted(tx, by, account_id)
        holding = await tx.all(queries.HOLDING, holder=account_id, of_action=action.value)
        await self._end(tx, (Decision(*row) for row in holding), Ending.UNDONE)
        if _is_on(account, action):
            await self._set(tx, account, action, on=False)
            await self._audit.record(tx, UNDOING[action], by, target_of(account))
        return await self.permitted(tx, by, account_id)

    async def revoke(self, tx: Transaction, by: Actor, decision: Decision, how: Ending) -> None:
        """Takes one decision back; what another one also asks for stays."""
        account = await self._people.by_id(tx, decision.account_id)
        if account is None or account.deleted_at is not None:
            return
        await self._end(tx, [decision], how)
        action = Action(decision.action)
        if action is Action.MARK_POSTS:
            for post_id in decision.post_ids:
                await self._posts.cover(tx, post_id, sensitive=False)
            return
        if not action.is_lasting or not _is_on(account, action):
            return
        rest = await tx.all(queries.HOLDING, holder=account.id, of_action=action.value)
        if not rest:
            await self._set(tx, account, action, on=False)
            await self._audit.record(
                tx,
                UNDOING[action],
                by,
                target_of(account),
                after={"decision": str(decision.id), "ending": how.value},
            )

    async def expire(self, tx: Transaction, job: Job) -> None:
        """The time of a decision is over."""
        row = await tx.one(queries.BY_ID, key=job.arguments["decision"])
        decision = None if row is None else Decision(*row)
        if decision is None or not decision.holds or decision.expires_at is None:
            return
        if decision.expires_at > self._clock.now():
            raise Conflict("not_due", "This decision holds still.")
        await self.revoke(tx, SITE, decision, Ending.EXPIRED)

    async def _end(self, tx: Transaction, decisions: Iterable[Decision], how: Ending) -> None:
        now = self._clock.now()
        for decision in decisions:
            await tx.run(queries.END, key=decision.id, at=now, how=how.value)
            # What became of an appeal is told by its answer.
            if decision.holds and how is not Ending.APPEALED:
                await self._letters.ended(tx, decision.id)


def _is_on(account: Account, action: Action) -> bool:
    """Whether what a decision of this kind does is done."""
    return {
        Action.SUSPEND: account.suspended_here,
        Action.LIMIT: account.limited_at is not None,
        Action.SENSITIVE: account.sensitized_at is not None,
        Action.FREEZE: account.frozen_at is not None,
    }.get(action, False)


def target_of(account: Account) -> Target:
    """How the log names an account."""
    return Target("account", str(account.id), account.acct)
