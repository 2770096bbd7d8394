"""Which audiences somebody can choose from, and who will read a post for each of them."""

from __future__ import annotations

from msgspec import Struct

from fedrse.features.posts.model import Audience, Visibility
from fedrse.features.posts.model_rules import narrow


class Choice(Struct, frozen=True):
    """An audience: names of the ``sites`` it comprises, and how many ``people``, if that is known.

    Of other sites those people are counted who are known here.
    """

    audience: Audience
    sites: tuple[str, ...] = ()
    people: int | None = None


def choosable(*, network: bool, closed: bool, parent: Audience | None) -> list[Audience]:
    """The audiences that a composer offers, widest first.

    ``network``: there are other members. ``closed``: this site talks to nobody else, so
    ``public`` would promise too much. Of an answer they are what is not wider than ``parent``.
    """
    offered = [] if closed and network else [Audience.PUBLIC]
    offered += [Audience.NETWORK] if network else []
    offered += [Audience.SITE, Audience.FOLLOWERS, Audience.DIRECT]
    return [one for one in offered if narrow(one, parent) is one]


def preferred(
    wish: Visibility | None, offered: list[Audience], default: Audience, parent: Audience | None
) -> Audience:
    """What is chosen at first: what the person prefers, never wider than what is answered."""
    if parent is not None:
        wanted = narrow(default, parent)
    elif wish in (Visibility.PRIVATE, Visibility.DIRECT):
        wanted = Audience.FOLLOWERS if wish is Visibility.PRIVATE else Audience.DIRECT
    else:
        wanted = default
    return wanted if wanted in offered else offered[0]
