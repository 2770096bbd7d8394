"""What the macros draw: plain values that pages fill from their features."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup
from msgspec import Struct

TONES = 6


class Person(Struct, frozen=True, kw_only=True):
    """Somebody, as cards and lists show them. ``path`` leads to the profile."""

    name: str
    handle: str
    path: str
    avatar: str | None = None
    is_bot: bool = False

    @property
    def initials(self) -> str:
        """Up to two letters for people without a picture."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
        return "".join(letters).upper() or self.handle.lstrip("@")[:1].upper() or "?"

    @property
    def tone(self) -> int:
        """One of the colours behind initials, always the same for one person."""
        return zlib.crc32(self.handle.encode()) % TONES


class Attachment(Struct, frozen=True, kw_only=True):
    """Something attached to a post: ``kind`` is image, video, audio or file; sizes in pixels.

    ``loops``: a film without sound that came as a moving picture; ``plays``: by itself.
    ``focus`` are the classes that keep the most important part in view where a picture is cut.
    """

    kind: str
    url: str
    preview: str | None = None
    description: str = ""
    width: int | None = None
    height: int | None = None
    focus: str = ""
    loops: bool = False
    plays: bool = False

    @property
    def is_visual(self) -> bool:
        """Whether it is shown in the gallery of the post."""
        return self.kind in ("image", "video")


class Action(Struct, frozen=True, kw_only=True):
    """A button under a post: a link, or with ``method`` post a form of its own.

    ``name`` is the class that colours it when ``is_active`` (``like``, ``boost``). ``count`` None
    shows no number. ``other_label`` and ``other_path`` are those after it was pressed: with them
    a script sends the form without leaving the page.
    """

    name: str
    label: str
    icon: str
    path: str
    method: str = "post"
    count: int | None = None
    is_active: bool = False
    other_label: str = ""
    other_path: str = ""


class PollOption(Struct, frozen=True, kw_only=True):
    """One answer: ``votes`` and ``percent`` are None where they are not shown."""

    place: int
    title: str
    votes: int | None = None
    percent: int | None = None
    is_mine: bool = False
    leads: bool = False


class Poll(Struct, frozen=True, kw_only=True):
    """A poll: a form where ``action`` says where the vote goes, results otherwise.

    ``secret``: numbers are shown only after the end. ``people`` is how many voted, as far as that
    is told; ``votes`` how many answers were chosen. ``closes`` in milliseconds. ``error`` says why
    a vote was not taken.
    """

    key: str
    options: Sequence[PollOption]
    votes: int
    people: int | None = None
    multiple: bool = False
    secret: bool = False
    is_over: bool = False
    has_voted: bool = False
    closes: int | None = None
    action: str = ""
    error: str = ""


class Quoted(Struct, frozen=True, kw_only=True):
    """A post that another one quotes; without an ``author`` it cannot be shown.

    ``is_unwanted``: because the reader mutes or blocks its author.
    """

    author: Person | None = None
    path: str = ""
    published: int = 0
    content: str = ""
    warning: str = ""
    language: str | None = None
    files: int = 0
    is_unwanted: bool = False


class Why(NamedTuple):
    """Why a post stands in a list: a sentence, and for the sake of which tag, if of one."""

    words: str
    tag: str = ""


class Post(Struct, frozen=True, kw_only=True):
    """A post as a card; ``content`` is HTML that was sanitised when it came in.

    ``audience_icon`` and ``audience_label`` say who can see it. Times in milliseconds. ``key`` is
    the id of the entry in a list. ``reactions`` are all kinds beside the like, with their counts;
    ``more`` is the menu of what is done seldom; ``history`` leads to the earlier versions.
    ``filtered`` names the filters that fold it up; ``why`` it stands in this list, ``why_tag`` for
    the sake of which tag. ``reply_path`` leads to what it answers.
    ``is_pinned``: it stands first on the profile because its author says so.
    ``is_open``: what stands behind its warning is shown at once. ``cover`` says why what is
    attached is not shown at once; empty where it is.
    ``imported_from``: the host from which its author brought it in.
    """

    path: str
    author: Person
    published: int
    content: Markup
    audience_icon: str
    audience_label: str
    key: str = ""
    language: str | None = None
    edited: int | None = None
    warning: str = ""
    is_open: bool = False
    cover: str = ""
    attachments: Sequence[Attachment] = ()
    poll: Poll | None = None
    quoted: Quoted | None = None
    actions: Sequence[Action] = ()
    reactions: Sequence[Action] = ()
    more: Sequence[Action] = ()
    history: str = ""
    boosted_by: Person | None = None
    reply_to: Person | None = None
    reply_path: str = ""
    filtered: str = ""
    why: str = ""
    why_tag: str = ""
    is_pinned: bool = False
    imported_from: str = ""

    @property
    def number(self) -> str:
        """The id of what is shown: of a share that of the post."""
        return self.path.rpartition("/")[2]


class Notice(Struct, frozen=True, kw_only=True):
    """An announcement. ``is_done``: it was put away, or confirmed where it ``must_read``.

    ``units``: it is for their people only; ``is_meant`` is False for whoever only runs the site.
    ``site`` is the host of another site that announces it, "" for this one.
    """

    key: str
    content: Markup
    published: int
    must_read: bool = False
    is_done: bool = False
    ends: int | None = None
    site: str = ""
    units: tuple[str, ...] = ()
    is_meant: bool = True
    back: str = "/"


class NavigationItem(Struct, frozen=True, kw_only=True):
    """An entry of the main navigation; ``label`` is marked ``translatable``.

    Without a ``path`` it leads to the profile of whoever looks. ``wide_only``: the bar of narrow
    screens has no room for it. ``narrow_only``: wide screens have something better.
    ``staff_only``: for those who have some right on this site.
    """

    label: str
    icon: str
    path: str = ""
    wide_only: bool = False
    narrow_only: bool = False
    staff_only: bool = False

    def path_for(self, viewer: Person | None) -> str:
        """Where it leads; empty where that is not known."""
        return self.path or ("" if viewer is None else viewer.path)

    def is_current(self, path: str, viewer: Person | None) -> bool:
        """Whether the page at this path is this entry, or below it."""
        own = self.path_for(viewer)
        return path == own or (own != "/" and path.startswith(f"{own}/"))
