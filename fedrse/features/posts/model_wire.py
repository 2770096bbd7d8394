"""Audiences on the wire: ``to`` and ``cc`` of ActivityPub objects, both ways.

A post for the network is addressed to the members collection M of its site and to the author's
followers: software that does not know M shows it to followers only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from fedrse.activitypub.vocabulary import PUBLIC, PUBLIC_NAMES, Json, ids_of
from fedrse.features.posts.model import Audience

MOST_RECIPIENTS = 1000


class Addressing(Struct, frozen=True):
    """The recipients of an object, in order, without doubles; also those named privately."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    private: tuple[str, ...] = ()

    @property
    def everybody(self) -> list[str]:
        """All of them, in order."""
        return list(dict.fromkeys((*self.to, *self.cc, *self.private)))


class SenderFacts(Struct, frozen=True, kw_only=True):
    """What a receiver knows of the sender.

    ``followers`` is the author's followers collection. ``members`` is the members collection of
    the sender's own instance actor, None unless that host is an active member of the network.
    ``groups`` are those of the recipients that are known as groups.
    """

    followers: str | None
    members: str | None = None
    groups: Collection[str] = frozenset()


def read_addressing(document: Json) -> Addressing:
    """``to``, ``cc``, and ``bto``, ``bcc``, ``audience`` (as private) of a received document."""
    private = [
        *ids_of(document.get("bto")),
        *ids_of(document.get("bcc")),
        *ids_of(document.get("audience")),
    ]
    return Addressing(
        tuple(ids_of(document.get("to"))[:MOST_RECIPIENTS]),
        tuple(ids_of(document.get("cc"))[:MOST_RECIPIENTS]),
        tuple(private[:MOST_RECIPIENTS]),
    )


def audience_from_wire(addressing: Addressing, sender: SenderFacts) -> tuple[Audience, bool]:
    """The audience of a received object, and whether it is listed.

    The world in ``to`` is listed, in ``cc`` unlisted; the same holds for M. What is addressed to
    neither of these, nor to followers or a group, is for the named.
    """
    to, cc = set(addressing.to), set(addressing.cc)
    if to & PUBLIC_NAMES:
        return Audience.PUBLIC, True
    if cc & PUBLIC_NAMES:
        return Audience.PUBLIC, False
    if sender.members is not None and sender.members in to | cc:
        return Audience.NETWORK, sender.members in to
    if any(group in sender.groups for group in addressing.everybody):
        return Audience.GROUP, False
    if sender.followers is not None and sender.followers in to | cc:
        return Audience.FOLLOWERS, False
    return Audience.DIRECT, False


def wire_from_audience(
    audience: Audience,
    *,
    listed: bool,
    followers: str,
    members: str,
    named: Sequence[str] = (),
    group: str | None = None,
) -> Addressing:
    """``to`` and ``cc`` of an object of this site; ``named`` are only those who are reached.

    Raises ValueError for the audience ``site``, which has no form on the wire.
    """
    match audience:
        case Audience.PUBLIC if listed:
            return _addressing([PUBLIC], [followers, *named])
        case Audience.PUBLIC:
            return _addressing([followers], [PUBLIC, *named])
        case Audience.NETWORK if listed:
            return _addressing([members, followers], named)
        case Audience.NETWORK:
            return _addressing([followers], [members, *named])
        case Audience.FOLLOWERS:
            return _addressing([followers], named)
        case Audience.GROUP if group is not None:
            return _addressing([group], [one for one in named if one != group])
        case Audience.GROUP | Audience.DIRECT:
            return _addressing(named, [])
    raise ValueError("a post of the site never leaves it")


def _addressing(to: Sequence[str], cc: Sequence[str]) -> Addressing:
    return Addressing(tuple(dict.fromkeys(to)), tuple(dict.fromkeys(cc)))
