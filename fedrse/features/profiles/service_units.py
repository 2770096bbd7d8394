"""Units of this site: what people name as theirs, for features that mean some units only.

It tells numbers and the keys of accounts to this program. Nothing of it is meant for people but the
names that those in a unit show to everybody here, and how many they are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from fedrse.features.profiles import queries
from fedrse.features.profiles.model import Card, Profile, Reader, Visibility, visible
from fedrse.features.profiles.model_search import values
from fedrse.store.database import Transaction

MOST_COLLEAGUES: Final = 10_000

_rules = msgspec.json.Decoder(dict[str, Visibility])
_card = msgspec.json.Decoder(Card)


class Units:
    """Who belongs to which unit; a unit is told by ``model.unit_key``, "" for none."""

    async def unit_of(self, tx: Transaction, account_id: int) -> str:
        """The unit of somebody of this site."""
        return str(await tx.value(queries.UNIT_KEY, key=account_id) or "")

    async def members(self, tx: Transaction, keys: Collection[str]) -> dict[int, str]:
        """Everybody of this site in one of these units, with the unit."""
        rows = await tx.all(queries.IN_UNITS, keys=sorted(keys))
        return {row.account_id: row.unit_key for row in rows}

    async def count(self, tx: Transaction) -> dict[str, int]:
        """How many people each unit has; those without one are counted under ""."""
        rows = await tx.all(queries.COUNT_UNITS)
        return {row.unit_key: int(row.people) for row in rows}

    async def names(self, tx: Transaction) -> list[str]:
        """Units as written, each once, in order; without those that nobody shows to the site."""
        reader, cards = Reader(local=True), []
        for row in await tx.all(queries.COLLEAGUES, limit=MOST_COLLEAGUES):
            if row.card is not None:
                profile = Profile(_card.decode(row.card), _rules.decode(row.visibility))
                cards.append(visible(profile, reader))
        return values(cards, "unit")
