"""The example group as values, read from ``group.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import msgspec
from msgspec import Struct

from fedrse.app.demo.drawings import Picture


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """An employee of a site."""

    username: str
    name: str
    role: str
    unit: str
    language: str
    admin: bool = False


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """Work and contact of a person; lists as people type them."""

    manager: str = ""
    phone: str = ""
    room: str = ""
    skills: list[str] = []
    career: list[str] = []
    projects: list[str] = []


class SiteOfGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """A site; ``port`` is the wished one."""

    key: str
    domain: str
    port: int
    name: str
    description: str
    language: str


class Poll(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked, and who votes for each option."""

    options: list[str]
    votes: list[list[str]]


class Post(Struct, frozen=True, forbid_unknown_fields=True):
    """A post or reply, and what others do with it; people by handle without the first @."""

    author: str
    language: str
    text: str
    likes: list[str] = []
    shares: list[str] = []
    replies: list[Post] = []
    picture: Picture | None = None
    poll: Poll | None = None

    def all(self) -> Iterator[Post]:
        """This one and all below it."""
        yield self
        for reply in self.replies:
            yield from reply.all()


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole example."""

    name: str
    sites: list[SiteOfGroup]
    people: dict[str, list[Person]]
    cards: dict[str, Card]
    posts: list[Post]

    def handles(self) -> list[str]:
        """``amina@lyon.test`` for everybody, site by site."""
        return [
            f"{person.username}@{site.domain}"
            for site in self.sites
            for person in self.people[site.key]
        ]

    def domain_of(self, key: str) -> str:
        """The handle domain of a site."""
        return next(site.domain for site in self.sites if site.key == key)


def load_group() -> Group:
    """Reads the example that comes with fedrse."""
    content = resources.files("fedrse.app.demo").joinpath("group.toml").read_bytes()
    return msgspec.toml.decode(content, type=Group)


def follows(group: Group) -> dict[str, list[str]]:
    """Whom everybody follows: five neighbours at home, four people at each other site.

    Whoever writes is followed by everybody, so that each home timeline tells the whole story.
    """
    writers = {post.author for post in group.posts}
    chosen: dict[str, list[str]] = {}
    people = {
        site.domain: [f"{person.username}@{site.domain}" for person in group.people[site.key]]
        for site in group.sites
    }
    for domain, own in people.items():
        for index, handle in enumerate(own):
            wanted = [own[(index + step) % len(own)] for step in range(1, 6)]
            for other, theirs in people.items():
                if other != domain:
                    wanted += [theirs[(index + step) % len(theirs)] for step in range(4)]
            wanted += sorted(writers)
            chosen[handle] = [item for item in dict.fromkeys(wanted) if item != handle]
    return chosen
