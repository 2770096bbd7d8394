"""Which handler gets a received activity, and what handlers may say.

A handler is ``async def handle(tx, received) -> str``; it runs in a write transaction together
with the mark that its message is done, so its effect happens exactly once. It returns a short word
for the ledger (``created``, ``duplicate``). It cannot fetch; where something must be fetched first
it raises ``Needs``: the transaction is undone, the things are fetched and stored through the
importers, and the handler runs again, with what could not be had in ``received.unavailable``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from fedrse.activitypub.vocabulary import Json, type_of
from fedrse.store.database import Transaction


class Needs(Exception):
    """Documents (actors or objects) that must be known before this can be processed."""

    def __init__(self, *uris: str) -> None:
        super().__init__(", ".join(uris))
        self.uris = uris


class Ignored(Exception):
    """Nothing to do, for the reason given as a code; the message counts as processed."""


class Refused(Exception):
    """Not permitted, for the reason given as a code; kept with its reason for the admin."""


class Received(Struct, frozen=True):
    """An activity whose sender is proved.

    ``actor`` is the URI that signed (or whose object proof is valid) and equals the activity's
    actor; ``host`` its peer name (host[:port]); ``activity`` the parsed document as received;
    ``body`` its bytes; ``unavailable`` the URIs that were needed and could not be fetched.
    """

    id: str
    type: str
    actor: str
    host: str
    activity: Json
    received_at: int
    body: bytes = b""
    unavailable: frozenset[str] = frozenset()


Handler: TypeAlias = Callable[[Transaction, Received], Awaitable[str]]
ReferenceHandler: TypeAlias = Callable[[Transaction, Received], Awaitable[str | None]]
Foresight: TypeAlias = Callable[[Transaction, Sequence[Received]], Awaitable[None]]


class Dispatcher:
    """Handlers by activity type, and where it matters by the type of the embedded object."""

    def __init__(self) -> None:
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._references: defaultdict[str, list[ReferenceHandler]] = defaultdict(list)
        self._foresights: list[Foresight] = []
        self.unknown: Counter[str] = Counter()

    def on(
        self, activity_type: str, handler: Handler, *, objects: frozenset[str] = frozenset({"*"})
    ) -> None:
        """Registers a handler; ``objects`` are embedded types, ``*`` for the rest and bare ids."""
        for kind in objects:
            key = (activity_type, kind)
            if key in self._handlers:
                raise ValueError(f"two handlers for {key}")
            self._handlers[key] = handler

    def on_reference(self, activity_type: str, handler: ReferenceHandler) -> None:
        """Registers one of several features that may know an object given as a bare id.

        ``Undo``, ``Accept`` and ``Delete`` name a thing without saying what it is: they are asked
        in the order of registration, before the handler of ``*``, until one answers; None means
        that the thing is not its own.
        """
        self._references[activity_type].append(handler)

    def on_batch(self, foresight: Foresight) -> None:
        """Registers what looks at all messages of a batch before their handlers run.

        It reads at once what each of them will ask for, into ``tx.known``.
        """
        self._foresights.append(foresight)

    async def foresee(self, tx: Transaction, batch: Sequence[Received]) -> None:
        """Reads ahead for messages that are about to be dispatched in this transaction."""
        for foresight in self._foresights:
            await foresight(tx, batch)

    async def dispatch(self, tx: Transaction, received: Received) -> str:
        """Runs the fitting handler; raises Needs, Ignored or Refused like it.

        An unknown type is counted and ignored: other software may say more than we understand.
        """
        received = _unwrapped(received)
        embedded = received.activity.get("object")
        kind = type_of(embedded)
        # A Tombstone says no more of what it was than its id does.
        bare = not kind or kind == "Tombstone"
        references = self._references.get(received.type, []) if bare else []
        for ask in references:
            outcome = await ask(tx, received)
            if outcome is not None:
                return outcome
        handler = self._handlers.get((received.type, kind)) or self._handlers.get(
            (received.type, "*")
        )
        if handler is None and references:
            raise Ignored("unknown_object")
        if handler is None:
            self.unknown[received.type[:64]] += 1
            raise Ignored("unknown_type")
        return await handler(tx, received)


def _unwrapped(received: Received) -> Received:
    """A list with one object is that object."""
    wrapped = received.activity.get("object")
    if not isinstance(wrapped, list) or len(wrapped) != 1:
        return received
    return replace(received, activity={**received.activity, "object": wrapped[0]})
