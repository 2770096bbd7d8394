"""Tells the log when the site starts with other settings than the last time."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from msgspec.json import decode

from fedrse.core.settings_view import is_secret, without_credentials
from fedrse.features.audit import queries
from fedrse.features.audit.model import SITE, Target, canonical
from fedrse.features.audit.model_acts import Act
from fedrse.features.audit.service import Audit
from fedrse.store.database import Transaction

TARGET: Final = Target("settings", "settings")
_KEYED: Final = "hmac:"
_CHANGED: Final = "(changed)"


class SettingsWatch:
    """Compares settings with those of the last start; secrets by a keyed hash only."""

    def __init__(self, audit: Audit, secret: bytes) -> None:
        """``secret`` is that of the site."""
        self._audit = audit
        self._secret = secret

    async def compare(self, tx: Transaction, settings: Mapping[str, Any]) -> bool:
        """Records what is different, and whether anything is; ``settings`` are values by name."""
        now = {name: self._stored(name, value) for name, value in settings.items()}
        if await self._known(tx) == now:
            return False
        # Another process may have started with the same settings: whoever has the head looks again.
        await tx.one(queries.TAKE_HEAD)
        before = await self._known(tx)
        if before == now:
            return False
        changed = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
        digest = sha256(canonical(now).encode()).hexdigest()
        # What the site begins with is told by the digest alone.
        was = {name: _told(before.get(name)) for name in changed} if before else None
        told = {name: _told(now.get(name)) for name in changed} if before else {}
        await self._audit.record(
            tx, Act.SETTINGS_CHANGED, SITE, TARGET, before=was, after={**told, "digest": digest}
        )
        await tx.run(queries.FORGET_SETTINGS)
        await tx.many(
            queries.KEEP_SETTING, [{"name": name, "value": value} for name, value in now.items()]
        )
        return True

    async def _known(self, tx: Transaction) -> dict[str, str]:
        return {row.name: row.value for row in await tx.all(queries.SETTINGS)}

    def _stored(self, name: str, value: Any) -> str:
        text = canonical(value)
        hides = isinstance(value, str) and without_credentials(value) != value
        if not is_secret(name.rpartition(".")[2]) and not hides:
            return text
        # Nobody who reads the database can try passwords without the secret file.
        return _KEYED + hmac.digest(self._secret, f"{name}={text}".encode(), "sha256").hex()


def _told(stored: str | None) -> Any:
    if stored is None:
        return None
    return _CHANGED if stored.startswith(_KEYED) else decode(stored)
