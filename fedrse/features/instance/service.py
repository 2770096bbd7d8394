"""Small facts about this site that are not settings: what it found out or made once."""

from __future__ import annotations

import json
from typing import Any

from fedrse.features.instance import queries
from fedrse.store.database import Transaction

INSTANCE_ACTOR = "instance_actor"
"""Fact: the id of the account that is this site's own actor."""


class Facts:
    """JSON values by name."""

    async def get(self, tx: Transaction, name: str) -> Any:
        """The value of a fact, None where it is not known."""
        value = await tx.value(queries.GET, key=name)
        return None if value is None else json.loads(value)

    async def put(self, tx: Transaction, name: str, value: Any) -> None:
        """Sets a fact, whatever it was."""
        await tx.run(queries.PUT, name=name, value=json.dumps(value))

    async def put_first(self, tx: Transaction, name: str, value: Any) -> Any:
        """Sets a fact unless it is known; returns what holds then.

        For things that are made once although several processes start at the same time.
        """
        await tx.run(queries.ADD, name=name, value=json.dumps(value))
        return await self.get(tx, name)
