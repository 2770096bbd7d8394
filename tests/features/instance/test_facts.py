"""Facts about the site."""

from __future__ import annotations

from fedrse.features.instance.service import Facts
from fedrse.store.database import Database, Transaction


async def test_facts_are_kept_and_replaced(database: Database) -> None:
    facts = Facts()

    async def unit(tx: Transaction) -> list[object]:
        seen = [await facts.get(tx, "answer")]
        await facts.put(tx, "answer", {"deep": [1, "é"]})
        seen.append(await facts.get(tx, "answer"))
        await facts.put(tx, "answer", 42)
        seen.append(await facts.get(tx, "answer"))
        seen.append(await facts.put_first(tx, "answer", 7))
        seen.append(await facts.put_first(tx, "other", 7))
        return seen

    assert await database.write(unit) == [None, {"deep": [1, "é"]}, 42, 42, 7]
