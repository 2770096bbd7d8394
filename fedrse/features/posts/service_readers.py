"""Tells before a post is written who will read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fedrse.core.clock import MINUTE, Clock
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_sites import names_of_sites
from fedrse.features.posts import queries_readers as queries
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_readers import Choice, choosable
from fedrse.features.posts.service_border import Border
from fedrse.store.database import Transaction

KEPT = MINUTE  # how long numbers of people may be old


class Readers:
    """Counts readers by audience; numbers are kept for a minute, as they read all accounts."""

    def __init__(
        self, *, clock: Clock, border: Border, name: str, other_hosts: Sequence[str]
    ) -> None:
        """``name`` is that of this site; ``other_hosts`` are the other members of the network."""
        self._clock = clock
        self._border = border
        self._name = name
        self._others = tuple(sorted(other_hosts))
        self._counted: tuple[int, Choice, Choice] | None = None

    async def choices(
        self, tx: Transaction, author: Account, parent: Audience | None
    ) -> list[Choice]:
        """What the author can choose from, widest first; of an answer to a post for ``parent``."""
        offered = choosable(network=bool(self._others), closed=self._border.closed, parent=parent)
        network, site = await self._sites(tx)
        known: Mapping[Audience, Choice] = {
            Audience.NETWORK: network,
            Audience.SITE: site,
            Audience.FOLLOWERS: Choice(Audience.FOLLOWERS, people=author.followers_count),
        }
        return [known.get(one) or Choice(one) for one in offered]

    async def _sites(self, tx: Transaction) -> tuple[Choice, Choice]:
        now = self._clock.now()
        if self._counted is not None and self._counted[0] > now - KEPT:
            return self._counted[1:]
        here = await tx.value(queries.PEOPLE_HERE) or 0
        site = Choice(Audience.SITE, (self._name,), here)
        names: dict[str, str] = {}
        elsewhere = 0
        if self._others:
            names = await names_of_sites(tx, self._others)
            rows = await tx.all(queries.PEOPLE, hosts=list(self._others))
            elsewhere = sum(row.people for row in rows)
        members = (self._name, *(names.get(host, host) for host in self._others))
        network = Choice(Audience.NETWORK, members, here + elsewhere)
        self._counted = (now, network, site)
        return network, site
