"""Verifying the log of administrative acts: entries per second, of 100,000 entries on SQLite.

The bar is 50,000 entries a second by processor time, since the clock tells more about what else
runs on the machine; the yardstick is SHA-256 of the same bytes.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from fedrse.core.clock import SystemClock
from fedrse.features.audit import queries
from fedrse.features.audit.model import Entry, Head, bytes_of, canonical, sealed
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.store.database import Transaction
from fedrse.store.engine import open_database
from fedrse.store.migrate import upgrade
from tests.benchmarks.measure import report

ENTRIES = 100_000
BAR = 50_000
TURNS = 3


def chain() -> list[Entry]:
    """Entries as long as real ones."""
    entries: list[Entry] = []
    before, after = canonical({"role": "member"}), canonical({"role": "moderator", "until": None})
    for number in range(1, ENTRIES + 1):
        entries.append(
            sealed(
                Entry(
                    number=number,
                    at=1_760_000_000_000 + number * 1000,
                    actor_origin="person",
                    actor_id=str(116_000_000_000_000_000 + number % 9),
                    actor_name="claire.dupont",
                    act=Act.ACCOUNT_ROLE.value,
                    target_kind="account",
                    target_id=str(117_000_000_000_000_000 + number),
                    target_name=f"éloïse.{number}",
                    before=before,
                    after=after,
                    reason="Takes over from Yusuf during the summer",
                    previous=entries[-1].hash if entries else "",
                    hash="",
                )
            )
        )
    return entries


async def main() -> None:
    entries = chain()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await upgrade("sqlite:site.db", folder)
        database = await open_database("sqlite:site.db", folder)
        audit = Audit(clock=SystemClock())

        async def fill(tx: Transaction) -> None:
            await tx.one(queries.TAKE_HEAD)
            await tx.many(queries.ADD, [entry._asdict() for entry in entries])
            head = Head(entries[-1].number, entries[-1].hash)
            await tx.run(queries.MOVE_HEAD, new_number=head.number, new_hash=head.hash)

        try:
            await database.write(fill)
            speeds, clocks = [], []
            for _ in range(TURNS):
                began, clock = time.process_time(), time.perf_counter()
                verdict = await audit.verify(database)
                speeds.append(ENTRIES / (time.process_time() - began))
                clocks.append(ENTRIES / (time.perf_counter() - clock))
                if not verdict.is_whole or verdict.entries != ENTRIES:
                    raise RuntimeError(f"the chain is not whole: {verdict}")
        finally:
            await database.close()
    began = time.process_time()
    for entry in entries:
        sha256(bytes_of(entry)).hexdigest()
    hashing = ENTRIES / (time.process_time() - began)
    report(
        "audit_verify",
        max(speeds),
        "entries/s",
        BAR,
        1.0,
        by_the_clock=round(max(clocks)),
        hashing_alone=round(hashing),
    )


if __name__ == "__main__":
    asyncio.run(main())
