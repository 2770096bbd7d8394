"""What becomes of something at the border of this site, and who is asked about it.

The protocol asks a ``Control`` for every message that comes in or goes out and every document that
is asked for; ``features.policy`` implements it. It decides, counts, and notes in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from msgspec import Struct, field
from msgspec.json import Decoder, Encoder

from fedrse.activitypub.alterations import Change
from fedrse.activitypub.envelopes import Envelope
from fedrse.core.ports import Protocol

DENIED: Final = "policy_denied"
"""Code of the answer to what a rule refuses."""

DENIED_SENTENCE: Final = "The policy of this site does not let this in."


class Passage(Struct, frozen=True, gc=False, kw_only=True):
    """What a decision means for one message or document.

    ``rules`` are the ids of those that decided. ``delay`` in milliseconds, ``retry_after`` in
    seconds: above 0 where there are too many for now. ``reason`` may be told to everybody.
    ``denied`` and ``held``: a document that is not fetched, since it cannot wait in quarantine.
    """

    denied: bool = False
    held: bool = False
    delay: int = 0
    retry_after: int = 0
    changes: Change = Change.NONE
    rules: tuple[int, ...] = ()
    reason: str = ""

    @property
    def sentence(self) -> str:
        """For whoever is refused."""
        return f"{DENIED_SENTENCE} {self.reason}".strip()


class Treatment(Struct, frozen=True, omit_defaults=True):
    """What is kept of a passage with a message that was not refused, as JSON."""

    rules: tuple[int, ...] = field(default=(), name="r")
    changes: int = field(default=0, name="c")
    held: bool = field(default=False, name="h")
    reason: str = field(default="", name="t")


_encode = Encoder().encode
_decode = Decoder(Treatment).decode


def treatment_text(passage: Passage) -> str:
    """For the column ``policy`` of messages."""
    treatment = Treatment(passage.rules, int(passage.changes), passage.held, passage.reason)
    return _encode(treatment).decode()


def read_treatment(text: str | None) -> Treatment:
    """What ``treatment_text`` wrote; of nothing: one that changes nothing."""
    return Treatment() if not text else _decode(text)


class Control(Protocol):
    """The border as the protocol sees it. Nothing here waits or touches the database.

    ``uris`` are the ids of the message and of what it is about: the ledger keeps a hash of each.
    None means: it crosses as it is.
    """

    def peer(self, host: str) -> tuple[str, str]:
        """Role in the network and software of a peer, in the words of envelopes."""

    def address(self, host: str) -> str:
        """The IP address at which a peer was last talked to; empty: not known."""

    def may_reach(self, peer: str, address: str, *, delivers: bool) -> bool:
        """Whether anything is taken from a server at this address; noted where it is not."""

    def incoming(self, envelope: Envelope, uris: Sequence[str]) -> Passage | None:
        """A message whose sender is proved, or a document of a peer that was fetched; noted."""

    def may_fetch(self, host: str, address: str) -> Passage | None:
        """Before a document of a peer is asked for; noted only where it is refused."""

    def served(self, envelope: Envelope, address: str) -> Passage | None:
        """A document of this site for a peer that has signed; noted."""

    def outgoing(
        self,
        envelope: Envelope,
        hosts: Collection[str],
        uris: Sequence[str],
        refused: Collection[str] = (),
    ) -> tuple[dict[str, Passage], Callable[[], None]]:
        """What becomes of a message at the peers that shall get it; those in nobody's way miss.

        ``refused`` are those to which nothing goes whatever it is. The second is to be called once
        that has been stored: it notes everything.
        """

    def is_evasive(self, envelope: Envelope, audience: str) -> bool:
        """Whether a post would have been stopped had its addresses said what its audience is.

        ``envelope`` is that of the post as it was let in, ``audience`` what is known of it since.
        """

    def before_sending(self, envelope: Envelope, host: str) -> Passage | None:
        """Asks once more about what waited; not noted, because it was noted when it was stored."""

    @property
    def asks_before_sending(self) -> bool:
        """Whether any rule could say something about what goes out."""

    def refused(self, host: str, code: str) -> None:
        """Notes that something of a peer was refused before anything was known of it."""
