"""What the overview of the console looks at; each with a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from sqlalchemy import BigInteger, bindparam, case, func, select

from fedrse.activitypub.overview import DeliveryOverview
from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.clock import DAY
from fedrse.features.accounts.service_joins import account
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Wanted
from fedrse.features.audit.service_heads import Heads
from fedrse.features.instance.model_concerns import Concern, Figure
from fedrse.features.instance.pages_overview import Figures, Watch
from fedrse.features.instance.service_queues import Queues
from fedrse.features.sites.model_health import concerns_of
from fedrse.http.rights import Right
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from fedrse.web.languages import translatable

BACKUP_EVERY = 7 * DAY
ACTIVE_DAYS = 30
SOME_FAILURES = 2  # in a row; one alone may be a restart
MOST_TROUBLED = 5
_PEOPLE = Statement(
    select(
        func.coalesce(func.sum(case((account.c.local, 1), else_=0)), 0).label("here"),
        func.coalesce(func.sum(case((account.c.local, 0), else_=1)), 0).label("elsewhere"),
    ).where(account.c.deleted_at.is_(None), account.c.id > bindparam("zero", type_=BigInteger))
)


def watches_of(ground: Ground, protocol: Protocol, queues: Queues) -> Sequence[Watch]:
    """Everything that may need attention."""
    watches = _Watches(ground, protocol, queues)
    return [watches.queue, watches.troubled, watches.peers, watches.logs, watches.backups]


class _Watches:
    """What a site can say of itself."""

    def __init__(self, ground: Ground, protocol: Protocol, queues: Queues) -> None:
        self._audit = ground.audit
        self._heads = Heads(ground.clock)
        self._protocol = protocol
        self._queues = queues
        self._deliveries = DeliveryOverview(clock=ground.clock)

    async def queue(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """What was given up."""
        given_up = dict.fromkeys(_GIVEN_UP, 0)
        for one in await self._queues.waiting(tx):
            given_up[one.queue] += one.count if one.given_up else 0
        right, path = Right.VIEW_DEVOPS, "/admin/queue"
        return [
            Concern(right=right, path=path, words=_GIVEN_UP[name], num=count)
            for name, count in given_up.items()
            if count
        ]

    async def troubled(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """Sites that messages do not reach, those that fail longest first."""
        hosts = [row for row in await self._deliveries.hosts(tx) if row.failures >= SOME_FAILURES]
        hosts.sort(key=lambda row: -int(row.failures))
        return [
            Concern(
                right=Right.MANAGE_FEDERATION,
                path=f"/admin/peers/{quote(row.host, safe='')}",
                words=_TROUBLED,
                name=row.host,
            )
            for row in hosts[:MOST_TROUBLED]
        ]

    async def peers(self, tx: Transaction, now: int, _viewer: int) -> list[Concern]:
        """Sites of the network in trouble."""
        members = self._protocol.network.member_hosts()
        return concerns_of(await self._protocol.sites.all(tx), members, now)

    async def logs(self, tx: Transaction, _now: int, _viewer: int) -> list[Concern]:
        """Sites whose log of acts does not hold what it held."""
        right = Right.VIEW_AUDIT_LOG
        return [
            Concern(right=right, path="/admin/overview", words=_REWRITTEN, name=host, kind="danger")
            for host in await self._heads.rewritten(tx)
        ]

    async def backups(self, tx: Transaction, now: int, _viewer: int) -> list[Concern]:
        """Whether there is a fresh one."""
        found = await self._audit.find(tx, Wanted(act=Act.BACKUP_MADE.value), most=1)
        if found and now - found[0].at < BACKUP_EVERY:
            return []
        return [
            Concern(
                right=Right.VIEW_DEVOPS,
                path="/admin/audit?kind=backup.create",
                words=_OLD_BACKUP if found else _NO_BACKUP,
                num=(now - found[0].at) // DAY if found else 0,
                kind="info",
            )
        ]


def figures_of(ground: Ground, services: Services) -> Sequence[Figures]:
    """How the site does."""

    async def people(tx: Transaction) -> list[Figure]:
        since = ground.clock.now() - ACTIVE_DAYS * DAY
        active = await services.access.logins.count_active(tx, since)
        row = await tx.one(_PEOPLE, zero=0)
        here, elsewhere = (0, 0) if row is None else (int(row.here), int(row.elsewhere))
        return [
            Figure(translatable("Accounts here"), here),
            Figure(translatable("People here in the last 30 days"), active),
            Figure(translatable("Known accounts of other sites"), elsewhere),
        ]

    return [people]


_GIVEN_UP = {
    "inbox": translatable("Received messages that could not be processed: %(num)s"),
    "deliveries": translatable("Messages to other sites that were given up: %(num)s"),
    "jobs": translatable("Work in the background that was given up: %(num)s"),
}
_TROUBLED = translatable("Messages do not reach %(name)s")
_REWRITTEN = translatable("The audit log of %(name)s was cut or written anew")
_NO_BACKUP = translatable("No backup was made with “fedrse backup” yet")
_OLD_BACKUP = translatable("Days since the last backup: %(num)s")
