"""What waits for a decision of those in charge, for the overview of the console.

Each with a fixed number of statements.
"""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub.quarantine import Quarantine
from fedrse.app.ground import Ground
from fedrse.app.moderation import make_moderation
from fedrse.app.policy import make_subscriptions
from fedrse.app.protocol import Protocol
from fedrse.app.registration import make_registrations
from fedrse.app.services import Services
from fedrse.features.instance.model_concerns import Concern
from fedrse.features.instance.pages_overview import Watch
from fedrse.http.rights import Right
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable


def waiting_of(ground: Ground, protocol: Protocol, services: Services) -> Sequence[Watch]:
    """Everything that waits for somebody."""
    desk = _Desk(ground, protocol, services)
    return [desk.reports, desk.appeals, desk.sign_ups, desk.quarantine, desk.rules, desk.lists]


class _Desk:
    """What lies on it."""

    def __init__(self, ground: Ground, protocol: Protocol, services: Services) -> None:
        moderation = make_moderation(ground, services)
        self._reports = moderation.queue
        self._appeals = moderation.appeals
        self._registrations = make_registrations(ground, services)
        self._quarantine = Quarantine(clock=ground.clock, ids=ground.ids)
        self._border = protocol.border
        self._lists = make_subscriptions(ground, protocol)

    async def reports(self, tx: Transaction, _now: int, viewer: int) -> list[Concern]:
        """Open ones, but for those about whoever looks."""
        count = await self._reports.count_open(tx, besides=viewer)
        return _waiting(Right.MANAGE_REPORTS, "/admin/reports", _REPORTS, count)

    async def appeals(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """Those without an answer."""
        count = await self._appeals.count(tx)
        return _waiting(Right.MANAGE_APPEALS, "/admin/reports/appeals", _APPEALS, count)

    async def sign_ups(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """People who confirmed their address."""
        count = await self._registrations.count_waiting(tx, 0)
        return _waiting(Right.MANAGE_USERS, "/admin/accounts?status=pending", _SIGN_UPS, count)

    async def quarantine(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """Messages that are held."""
        count = await self._quarantine.count(tx)
        return _waiting(Right.MANAGE_FEDERATION, "/admin/quarantine", _HELD, count)

    async def rules(self, _tx: Transaction, now: int, _viewer: int) -> list[Concern]:
        """Rules that somebody wanted to look at again."""
        due = [
            rule
            for rule in self._border.policy.rules
            if rule.review_at is not None and rule.review_at <= now
        ]
        return _waiting(Right.MANAGE_FEDERATION, "/admin/policy", _RULES, len(due))

    async def lists(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """Lists that could not be read, or that want to deny too much without a yes."""
        stuck = [one for one in await self._lists.all(tx) if one.error or one.waiting]
        return _waiting(Right.MANAGE_FEDERATION, "/admin/policy/lists", _LISTS, len(stuck))


def _waiting(right: Right, path: str, words: str, count: int) -> list[Concern]:
    return [Concern(right=right, path=path, words=words, num=count)] if count else []


_REPORTS = translatable("Reports that wait: %(num)s")
_APPEALS = translatable("Appeals that wait for an answer: %(num)s")
_SIGN_UPS = translatable("People who wait for an account: %(num)s")
_HELD = translatable("Messages in quarantine: %(num)s")
_RULES = translatable("Rules to look at again: %(num)s")
_LISTS = translatable("Lists with something to look at: %(num)s")
