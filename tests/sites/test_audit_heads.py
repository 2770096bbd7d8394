"""Logs of administrative acts watched by the other sites: one that was cut shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fedrse.features.audit.model import Entry, sealed
from tests.sites.site import Site
from tests.sites.waiting import until


def fedrse(site: Site, *words: str, code: int = 0) -> tuple[str, str]:
    """Output and errors of a command that ends with this code."""
    command = [sys.executable, "-m", "fedrse", "--config", str(site.configuration), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout, done.stderr


def asks_now(site: Site) -> None:
    """The question of each hour is asked now."""
    site.execute("UPDATE job SET due_at = 0 WHERE kind = 'network.note_heads'")


def has_noted(site: Site, host: str, number: int, *, fits: bool = True) -> bool:
    asks_now(site)
    condition = "fits" if fits else "NOT fits"
    return bool(
        site.value(
            f"SELECT count(*) FROM audit_witness WHERE host = '{host}' AND number = {number}"
            f" AND {condition}"
        )
    )


@contextmanager
def without_last_entry(site: Site, number: int) -> Iterator[None]:
    """Somebody with the database hides the newest act, and the head with it."""
    site.execute(f"CREATE TABLE hidden AS SELECT * FROM audit_entry WHERE number = {number}")
    site.execute(f"DELETE FROM audit_entry WHERE number = {number}")
    before = site.value(f"SELECT previous FROM hidden WHERE number = {number}")
    after = site.value(f"SELECT hash FROM hidden WHERE number = {number}")
    site.execute(f"UPDATE audit_head SET number = {number - 1}, hash = '{before}'")
    try:
        yield
    finally:
        site.execute("INSERT INTO audit_entry SELECT * FROM hidden")
        site.execute(f"UPDATE audit_head SET number = {number}, hash = '{after}'")
        site.execute("DROP TABLE hidden")


def test_a_log_that_was_cut_shows_at_the_other_sites(lyon: Site, nantes: Site) -> None:
    fedrse(lyon, "invite", "create")
    number = int(lyon.value("SELECT number FROM audit_head"))
    until(lambda: has_noted(nantes, lyon.peer, number), seconds=20)
    found = json.loads(fedrse(lyon, "audit", "verify", "--peers", "--json")[0])
    assert found["flaws"] == []
    (said,) = [one["says"] for one in found["peers"] if one["host"] == nantes.peer]
    assert f"all agree; the last is entry {number}," in said
    with without_last_entry(lyon, number):
        fedrse(lyon, "audit", "verify")
        _, errors = fedrse(lyon, "audit", "verify", "--peers", code=1)
        assert f"Entry {number} is missing: the log was cut" in errors
        # The other site hears the smaller number, and keeps both.
        until(lambda: has_noted(nantes, lyon.peer, number - 1, fits=False), seconds=20)
        assert has_noted(nantes, lyon.peer, number)
    fedrse(lyon, "audit", "verify", "--peers")


@contextmanager
def another_past(site: Site) -> Iterator[int]:
    """Somebody with the database and the program writes the whole log anew, one entry longer."""
    site.execute("CREATE TABLE hidden AS SELECT * FROM audit_entry")
    number, before = site.rows("SELECT number, hash FROM audit_head")[0]
    entries = [Entry._make(row) for row in site.rows("SELECT * FROM audit_entry ORDER BY number")]
    previous = ""
    for entry in [*entries, entries[-1]._replace(number=number + 1)]:
        made = sealed(entry._replace(reason="nothing happened", previous=previous))
        previous = made.hash
        site.execute(f"DELETE FROM audit_entry WHERE number = {made.number}")
        values = ", ".join(
            str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
            for value in made
        )
        site.execute(f"INSERT INTO audit_entry VALUES ({values})")
    site.execute(f"UPDATE audit_head SET number = {number + 1}, hash = '{previous}'")
    try:
        yield number + 1
    finally:
        site.execute("DELETE FROM audit_entry")
        site.execute("INSERT INTO audit_entry SELECT * FROM hidden")
        site.execute(f"UPDATE audit_head SET number = {number}, hash = '{before}'")
        site.execute("DROP TABLE hidden")


def test_a_log_that_was_written_anew_shows_though_it_is_longer(lyon: Site, nantes: Site) -> None:
    fedrse(lyon, "invite", "create")
    number = int(lyon.value("SELECT number FROM audit_head"))
    until(lambda: has_noted(nantes, lyon.peer, number), seconds=20)
    with another_past(lyon) as longer:
        fedrse(lyon, "audit", "verify")
        until(lambda: has_noted(nantes, lyon.peer, longer, fits=False), seconds=20)
        fedrse(lyon, "audit", "verify", "--peers", code=1)
    # For the tests that come after this one.
    nantes.execute(f"DELETE FROM audit_witness WHERE host = '{lyon.peer}'")
