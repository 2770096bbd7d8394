"""How many conversations with people of other sites there are."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.features.conversations.queries_hosts import COUNT_WITH_HOSTS
from fedrse.store.database import Transaction


async def count_with_hosts(tx: Transaction, hosts: Sequence[str]) -> int:
    """Conversations of people of this site in which somebody of these hosts takes part."""
    return int(await tx.value(COUNT_WITH_HOSTS[tx.dialect], hosts=list(hosts)) or 0)
