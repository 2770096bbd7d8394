"""Small stand-ins for the parts that features hand their work to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fedrse.activitypub.outbox import Making, Recipients
from fedrse.activitypub.vocabulary import Json
from fedrse.core.errors import Forbidden, Unauthenticated
from fedrse.features.instance.model_signed_fetch import Signer
from fedrse.http.request import Request
from fedrse.store.database import Transaction

ORIGIN = "https://lyon.corp.example"


@dataclass
class Sent:
    """One activity handed over for delivery."""

    activity: Json
    sender: int
    recipients: Recipients
    object_uri: str = ""


@dataclass
class FakeOutbox:
    """Remembers what was enqueued by transactions that were committed."""

    sent: list[Sent] = field(default_factory=list)
    forwarded: list[tuple[bytes, int, Recipients, str]] = field(default_factory=list)

    async def enqueue(
        self,
        tx: Transaction,
        activity: Making,
        *,
        sender: int,
        recipients: Recipients,
        object_uri: str = "",
    ) -> None:
        made = activity() if callable(activity) else activity
        entry = Sent(made, sender, recipients, object_uri)
        tx.after_commit(lambda: self.sent.append(entry))

    async def forward(
        self, tx: Transaction, body: bytes, *, sender: int, recipients: Recipients, uri: str
    ) -> None:
        tx.after_commit(lambda: self.forwarded.append((body, sender, recipients, uri)))

    def types(self) -> list[str]:
        """The types of all activities, in order."""
        return [entry.activity["type"] for entry in self.sent]

    def last(self, activity_type: str) -> Sent:
        """The newest activity of this type. IndexError if there is none."""
        return [entry for entry in self.sent if entry.activity["type"] == activity_type][-1]


@dataclass
class FakeQueue:
    """Remembers jobs of committed transactions; one per key."""

    jobs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    async def enqueue(
        self,
        tx: Transaction,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        due_at: int | None = None,
        key: str | None = None,
    ) -> int:
        def remember() -> None:
            if key is None or key not in self.keys:
                self.jobs.append((kind, dict(arguments)))
            if key is not None:
                self.keys.add(key)

        tx.after_commit(remember)
        return len(self.jobs) + 1


async def signer_in_header(request: Request) -> Signer:
    """Believes the header ``X-Signer``: it names the host that signed the request."""
    host = request.headers.get("X-Signer")
    if host is None:
        raise Unauthenticated("signature_missing", "The request is not signed.")
    if host == "blocked.example":
        raise Forbidden("peer_blocked", "Nothing is given to this site.")
    return Signer(f"https://{host}/actor", host)
