"""What other sites call themselves: people know them by name, not by host."""

from __future__ import annotations

from collections.abc import Collection

from fedrse.features.accounts import queries_sites as queries
from fedrse.store.database import Transaction


async def names_of_sites(tx: Transaction, hosts: Collection[str]) -> dict[str, str]:
    """The names of those sites by host, as far as their own actors are known and say them."""
    if not hosts:
        return {}
    rows = await tx.all(queries.NAMES, hosts=list(hosts))
    return {row.host: row.display_name for row in rows}
