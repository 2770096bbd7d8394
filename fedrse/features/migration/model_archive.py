"""Archives of accounts: what is in one, what somebody takes over of it, and what became of that."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from fedrse.core.errors import Invalid
from fedrse.features.migration.model import Kind
from fedrse.features.posts.model import Audience
from fedrse.web.languages import translatable

MOST_ENTRIES: Final = 60_000  # files in an archive
MOST_POSTS: Final = 200_000
LARGEST_DOCUMENT: Final = 96 * 1024 * 1024  # outbox.json: about 50,000 posts
LARGEST_POST: Final = 512 * 1024
LARGEST_ACTOR: Final = 1024 * 1024
DEEPEST: Final = 24
LONGEST_NAME: Final = 1000  # of a file in an archive

MEDIA: Final = "media_attachments/"
AUDIENCE: Final = "fedrseAudience"
"""In the posts of archives of this software: the audience; and ``listed``, whether it is."""

POSTS_FILE: Final = "posts.jsonl"
FILES_FILE: Final = "files.json"
BOOKMARKS_FILE: Final = "bookmarks.txt"

CSV_FILES: Final[Mapping[str, Kind]] = {
    "following_accounts.csv": Kind.FOLLOWING,
    "lists.csv": Kind.LISTS,
    "blocked_accounts.csv": Kind.BLOCKING,
    "muted_accounts.csv": Kind.MUTING,
    "blocked_domains.csv": Kind.DOMAIN_BLOCKING,
}
"""The lists of an archive, with the names that Mastodon gives them."""

REFUSALS: Final[Mapping[str, str]] = {
    "archive_missing": translatable("Choose the archive first."),
    "archive_too_large": translatable("This file is larger than archives may be here."),
    "archive_unknown": translatable("This file is no archive: a ZIP or TAR.GZ file is needed."),
    "archive_broken": translatable("This archive is broken; please download it again there."),
    "archive_encrypted": translatable("This archive is locked with a password."),
    "archive_links": translatable("This archive has links in it, which no export makes."),
    "archive_paths": translatable("This archive has files with forbidden names."),
    "archive_too_many": translatable("This archive has too many files or posts."),
    "archive_bomb": translatable("What this archive contains is far larger than itself."),
    "archive_no_profile": translatable(
        "This is no archive of an account: it has no readable actor.json."
    ),
    "archive_no_posts": translatable("The posts (outbox.json) of this archive cannot be read."),
    "archive_failed": translatable("This archive could not be read; please try again later."),
    "archive_running": translatable("An archive of yours is being taken over already."),
    "archive_often": translatable("You have sent many archives today. Please try again tomorrow."),
    "archive_nothing": translatable("Choose at least one thing that is taken over."),
    "archive_audience": translatable("Choose who may read the posts."),
    "archive_gone": translatable("This archive is not here any more; please send it again."),
}
"""Why an archive is not taken, by code."""


class UnusableArchive(Exception):
    """An archive that is refused; the only argument is a code of ``REFUSALS``."""

    @property
    def code(self) -> str:
        """Why."""
        return str(self.args[0])


def refusal(code: str) -> Invalid:
    """The error for people."""
    return Invalid(code, REFUSALS[code])


class State(StrEnum):
    """How far an import is."""

    OFFERED = "offered"  # read; the person has not chosen yet
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # by the person, or because the files went


class Skip(StrEnum):
    """Why something of an archive was not taken over."""

    KNOWN = "known"
    DIRECT = "direct"
    FOLLOWERS = "followers"
    BOOST = "boost"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"
    UNDATED = "undated"
    EMPTY = "empty"
    REFUSED = "refused"
    FILE_MISSING = "file_missing"
    FILE_UNUSABLE = "file_unusable"
    FILES_TOO_MANY = "files_too_many"
    PROFILE = "profile"


REASONS: Final[Mapping[str, str]] = {
    Skip.KNOWN: translatable("Posts that are here already"),
    Skip.DIRECT: translatable("Direct messages, which are never taken over"),
    Skip.FOLLOWERS: translatable("Posts for followers, which you did not choose"),
    Skip.BOOST: translatable("Posts of others that you shared"),
    Skip.FOREIGN: translatable("Posts that somebody else wrote"),
    Skip.UNREADABLE: translatable("Entries that are no posts, or that cannot be read"),
    Skip.UNDATED: translatable("Posts without a date"),
    Skip.EMPTY: translatable("Posts without text and without files that can be used"),
    Skip.REFUSED: translatable("Posts that this site does not take"),
    Skip.FILE_MISSING: translatable("Files that are not in the archive"),
    Skip.FILE_UNUSABLE: translatable("Files that cannot be shown here"),
    Skip.FILES_TOO_MANY: translatable("Files beyond the fourth of a post"),
    Skip.PROFILE: translatable("Parts of the profile that this site does not take"),
}


class Contents(Struct, frozen=True, kw_only=True):
    """What an archive contains, as it was read.

    ``open``, ``followers``, ``direct`` are numbers of posts by whom they are for; ``skipped`` of
    entries that are not taken whatever is chosen, by ``Skip``. ``first`` and ``last`` are when the
    oldest and the newest post were written (milliseconds). ``files`` are those of posts;
    ``avatar`` and ``header`` numbers of files in the folder. ``lists`` are lines by kind.
    """

    actor: str
    host: str
    handle: str
    name: str = ""
    note: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    avatar: int | None = None
    header: int | None = None
    open: int = 0
    followers: int = 0
    direct: int = 0
    files: int = 0
    first: int | None = None
    last: int | None = None
    skipped: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    csv: dict[str, int] = field(default_factory=dict)

    @property
    def posts(self) -> int:
        """Posts that can be taken over, as far as that is chosen."""
        return self.open + self.followers


class Choices(Struct, frozen=True, kw_only=True):
    """What somebody takes over. ``audience``: of what everybody could read there."""

    name: bool = False
    about: bool = False
    avatar: bool = False
    header: bool = False
    posts: bool = False
    followers_too: bool = False
    audience: Audience = Audience.NETWORK
    lists: tuple[Kind, ...] = ()

    @property
    def has_profile(self) -> bool:
        """Whether the profile changes."""
        return self.name or self.about or self.avatar or self.header

    @property
    def is_empty(self) -> bool:
        """Whether nothing is taken over."""
        return not (self.has_profile or self.posts or self.lists)


class Import(Struct, frozen=True, kw_only=True):
    """Somebody's archive on its way in; a row of ``archive_import``.

    ``folder`` holds what was unpacked, by name in the folder of incoming files. ``place`` is the
    byte of ``posts.jsonl`` where to go on, -1 while the profile is not done; ``seen`` counts posts.
    ``waiting`` are uploads of the next post that are being converted.
    """

    id: int
    account_id: int
    folder: str
    state: State
    created_at: int
    updated_at: int
    contents: Contents
    choices: Choices
    place: int = 0
    seen: int = 0
    waiting: tuple[int, ...] = ()
    added: int = 0
    skipped: dict[str, int] = field(default_factory=dict)


class Entry(Struct, frozen=True, kw_only=True):
    """A line of ``posts.jsonl``: for whom a post was (``open`` or ``followers``), and the post."""

    open: bool
    listed: bool
    document: dict[str, Any]
