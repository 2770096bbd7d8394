"""What features hand over for sending: the activity, who signs, and who shall get it.

Enqueueing happens in the transaction of the change, so nothing is sent that did not happen, and
everything that happened is sent.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from fedrse.activitypub.vocabulary import Json
from fedrse.core.ports import Protocol
from fedrse.store.database import Transaction

Making = Json | Callable[[], Json]
"""An activity, or what makes it: called only where somebody may get it."""


class Recipients(Struct, frozen=True):
    """Who shall get an activity; everything is merged, own addresses are dropped.

    ``accounts``: these remote accounts. ``followers_of``: remote followers of that local account.
    ``members``: all active member sites of the network. ``only_members``: whatever else is named,
    nothing leaves the network. ``hosts``: the shared inboxes of these peers. ``exclude_hosts``:
    never these (forwarding). ``personal``: own inboxes, not shared ones (direct posts).
    """

    accounts: tuple[int, ...] = ()
    followers_of: int | None = None
    members: bool = False
    only_members: bool = False
    hosts: tuple[str, ...] = ()
    exclude_hosts: frozenset[str] = field(default_factory=frozenset)
    personal: bool = False


class Inbox(Struct, frozen=True):
    """One address to deliver to, and the peer (host[:port]) it belongs to."""

    url: str
    host: str


class Outbox(Protocol):
    """The way out; implemented by ``activitypub.delivery``, used by services."""

    async def enqueue(
        self,
        tx: Transaction,
        activity: Making,
        *,
        sender: int,
        recipients: Recipients,
        object_uri: str = "",
    ) -> None:
        """Stores the activity once and the work of delivering it.

        ``sender`` is the local account that signs. ``object_uri`` is what the activity is about
        (default: the id of its object): a newer Update of it replaces a waiting one, a Delete
        stays behind its Create. Adds ``@context`` if missing, strips ``bto`` and ``bcc``.
        """

    async def forward(
        self, tx: Transaction, body: bytes, *, sender: int, recipients: Recipients, uri: str
    ) -> None:
        """Passes a received activity on, byte for byte (inbox forwarding, AP 7.1.2)."""
