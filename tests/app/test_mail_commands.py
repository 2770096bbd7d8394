"""Addresses that get posts by mail, from the command line."""

from __future__ import annotations

import asyncio
import json

from sqlalchemy import select

from fedrse.app.whole import Whole, open_whole
from fedrse.features.audit.model_acts import Act
from fedrse.features.mail.tables import mail_subscription
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.app.conftest import CommandSite

ADD = Statement(mail_subscription.insert())
ADDRESSES = Statement(select(mail_subscription.c.email).order_by(mail_subscription.c.id))


def test_an_address_is_forgotten(site: CommandSite) -> None:
    made = site.run("account", "create", "amina", "--email", "amina@mail.example", "--json")
    assert made.exit_code == 0, made.output

    async def subscribe() -> None:
        async with open_whole(site.settings) as whole:
            await whole.ground.database.write(_add, whole)

    async def left() -> list[str]:
        async with open_whole(site.settings) as whole:
            return await whole.ground.database.read(_addresses)

    asyncio.run(subscribe())
    done = site.run(
        "mail", "forget", " Reader@Elsewhere.example ", "--reason", "Came back", "--json"
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"subscriptions": 1}
    assert asyncio.run(left()) == ["other@elsewhere.example"]
    log = site.run("audit", "list", "--json")
    assert Act.MAIL_ADDRESS_FORGOTTEN.value in log.stdout
    assert "Came back" in log.stdout
    assert "reader@elsewhere.example" not in log.stdout
    wrong = site.run("mail", "forget", "nobody")
    assert wrong.exit_code == 1
    assert "Email is invalid" in wrong.output


async def _add(tx: Transaction, whole: Whole) -> None:
    (account,) = [
        one for one in await whole.services.accounts.local_accounts(tx) if one.username == "amina"
    ]
    for number, email in enumerate(("reader@elsewhere.example", "other@elsewhere.example"), 1):
        await tx.run(
            ADD,
            id=number,
            account_id=account.id,
            email=email,
            locale="en",
            created_at=1,
            confirmed_at=1,
        )


async def _addresses(tx: Transaction) -> list[str]:
    return [row.email for row in await tx.all(ADDRESSES)]
