"""Tells whoever remembers credentials that some are no longer valid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from fedrse.store.database import Transaction

CHANNEL = "access"
"""Channel of ``tx.notify``; payloads as in ``Revocations``."""

Kind = Literal["token", "session", "account"]


class Revocations:
    """Announces revocations in this process at commit, and to the others by notification.

    Payloads are ``token:HASH``, ``session:HASH`` and ``account:ID`` (everything of that person;
    also on a change of role or language).
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[[str], object]] = []

    def listen(self, callback: Callable[[str], object]) -> None:
        """Calls back on the event loop with each payload announced in this process."""
        self._listeners.append(callback)

    def announce(self, tx: Transaction, kind: Kind, value: str | int) -> None:
        """Announces once the transaction is committed."""
        payload = f"{kind}:{value}"
        tx.after_commit(partial(self._tell, payload))
        tx.notify(CHANNEL, payload)

    def _tell(self, payload: str) -> None:
        for listener in self._listeners:
            listener(payload)
