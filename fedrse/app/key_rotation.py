"""New keys for the site and its people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fedrse.app.operator import operator
from fedrse.app.whole import Whole, open_whole
from fedrse.core.errors import NotFound
from fedrse.core.settings import Settings
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_keys import KeyPair, generate_key_pair
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.store.database import Transaction

Progress = Callable[[int, int], object]


async def rotate(
    settings: Settings, name: str | None, *, everybody: bool, progress: Progress
) -> list[dict[str, object]]:
    """New keys for one person, for all, or (neither) for the site itself; tells what they are.

    The old keys verify for 48 more hours, and all peers are told. Raises NotFound.
    """
    async with open_whole(settings) as whole:
        chosen = await whole.ground.database.read(_chosen, whole, name, everybody=everybody)
        rotated: list[dict[str, object]] = []
        for number, account in enumerate(chosen, 1):
            pair = await asyncio.to_thread(generate_key_pair)
            database, accounts = whole.ground.database, whole.services.accounts
            await database.write(_rotate, whole, account, pair)
            keys = await database.read(accounts.signing_keys, account.id)
            rotated.append(
                {
                    "account": f"@{account.handle}",
                    "keys": [keys.rsa.key_id, keys.ed25519.key_id],
                }
            )
            progress(number, len(chosen))
        return rotated


async def _rotate(tx: Transaction, whole: Whole, account: Account, pair: KeyPair) -> None:
    await whole.services.accounts.rotate_keys(tx, account.id, pair)
    target = Target("account", str(account.id), account.username)
    await whole.ground.audit.record(tx, Act.KEYS_ROTATED, operator(), target)


async def _chosen(
    tx: Transaction, whole: Whole, name: str | None, *, everybody: bool
) -> list[Account]:
    accounts = whole.services.accounts
    own = await accounts.instance_actor(tx)
    if name is None:
        found = [] if own is None else [own]
        return found + (await accounts.local_accounts(tx) if everybody else [])
    login = await whole.services.access.logins.named(tx, name)
    account = None if login is None else await accounts.by_id(tx, login.account_id)
    if account is None:
        raise NotFound("login_unknown", f"Nobody here is called {name!r}.")
    return [account]
