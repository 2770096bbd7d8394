"""What is known of a message without its content: what rules of the border decide about.

An envelope is made for every message that comes in or goes out and for every document that is
asked for, here or there. It is small enough to be kept for a month and says nothing of what people
wrote.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from fedrse.core.ports import Protocol


class Direction(StrEnum):
    """Which way something crosses the border of this site."""

    IN = "in"  # a peer sends us a message, or we fetch a document of it
    OUT = "out"  # we send a message, or a peer fetches a document of ours


class Envelope(Struct, frozen=True, gc=False, kw_only=True):
    """One message or document at the border, in the words of ActivityPub; empty: not known."""

    direction: Direction
    host: str  # the peer, as in activitypub.peers
    actor: str = ""  # URI of who sends it; theirs for IN, ours for OUT
    type: str = ""  # of the activity: Create, Like; Fetch for a document that is asked for
    object_type: str = ""  # Note, Event, Page, Person, ...
    audience: str = ""  # public, network, site, group, followers, direct
    languages: tuple[str, ...] = ()  # BCP 47, lower case
    tags: tuple[str, ...] = ()  # hashtags, lower case, without '#'
    attachments: tuple[str, ...] = ()  # image, video, audio, document
    size: int = 0  # bytes
    role: str = ""  # in the network: member, allowed; empty for anybody else
    software: str = ""  # of the peer, by its NodeInfo, lower case
    address: str = ""  # the peer's IP address, where it is known


class Verdict(Protocol):
    """What the protocol has to know of a decision (``features.policy.model.Decision``)."""

    @property
    def denied(self) -> bool:
        """Nothing of it may cross."""

    @property
    def quarantined(self) -> bool:
        """It waits until an admin lets it go or drops it."""

    @property
    def delay(self) -> int:
        """Milliseconds that it waits before it is processed or sent."""


class Border(Protocol):
    """The policy of this site; implemented by ``features.policy``. Cheap: asked per message."""

    def decide(self, envelope: Envelope) -> Verdict:
        """Decides and notes in the ledger; the same answer for the same policy and envelope."""
