"""Decisions about people from the command line."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select

from fedrse.features.accounts.tables import account
from fedrse.store.database import Row, Transaction
from fedrse.store.statement import Statement
from tests.app.conftest import CommandSite

STATES = {
    "limit": "limited_at",
    "freeze": "frozen_at",
    "sensitive": "sensitized_at",
    "suspend": "suspended_at",
}
STATE = Statement(
    select(*(account.c[column] for column in STATES.values())).where(
        account.c.username_key == bindparam("name")
    )
)


def states(site: CommandSite) -> set[str]:
    """The commands of which somebody feels the effect."""

    async def unit(tx: Transaction) -> Row:
        row = await tx.one(STATE, name="nina")
        assert row is not None
        return row

    row = site.write(unit)
    return {command for command, column in STATES.items() if getattr(row, column) is not None}


@pytest.mark.parametrize("command", STATES)
def test_what_can_be_undone(site: CommandSite, command: str) -> None:
    site.run("account", "create", "nina", "--email", "nina@mail.example")
    done = site.run("account", command, "nina", "--text", "For a while", "--days", "3")
    assert done.exit_code == 0
    assert "nina" in done.output
    assert states(site) == {command}
    undone = site.run("account", f"un{command}", "nina")
    assert undone.exit_code == 0
    assert "nina" in undone.output
    assert undone.output.endswith("no more.\n")
    assert states(site) == set()
    assert site.run("account", command, "nobody").exit_code == 1
    assert site.run("account", f"un{command}", "nobody").exit_code == 1
