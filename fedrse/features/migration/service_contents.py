"""Reads what is in an unpacked archive, and puts it into the form in which it is taken over.

Like the unpacking it runs in a process of its own: documents of archives are long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from fedrse.activitypub.vocabulary import Json, as_list, first_str, id_of, ids_of, type_of
from fedrse.core.clock import from_iso
from fedrse.core.errors import FedrseError, Invalid
from fedrse.core.html import html_to_text
from fedrse.core.ids import EARLIEST
from fedrse.core.json_input import load_json_object
from fedrse.core.text import clean_line
from fedrse.core.urls import BadUrl, split_url
from fedrse.features.migration.model import LARGEST_FILE, LONGEST_CELL, MOST_ROWS, read_csv
from fedrse.features.migration.model_archive import (
    AUDIENCE,
    BOOKMARKS_FILE,
    CSV_FILES,
    DEEPEST,
    FILES_FILE,
    LARGEST_ACTOR,
    LARGEST_DOCUMENT,
    LARGEST_POST,
    MEDIA,
    MOST_POSTS,
    POSTS_FILE,
    Contents,
    Entry,
    Skip,
    UnusableArchive,
)
from fedrse.features.migration.service_unpacking import Limits, unpack_files
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_wire import SenderFacts, audience_from_wire, read_addressing

_PICTURES = {"avatar": "icon", "header": "image"}
_MOST_FIELDS = 20
_FOR_ALL = frozenset({Audience.PUBLIC, Audience.NETWORK, Audience.SITE})
_FOR_FEW = frozenset({Audience.FOLLOWERS, Audience.GROUP})


class _Collection(Struct):
    """An ActivityStreams collection whose items are looked at one by one."""

    orderedItems: list[Raw] = []  # noqa: N815  (the name in ActivityStreams)


def read_archive(source: str, folder: str, limits: Limits) -> Contents:
    """Unpacks an archive into a folder that exists, and says what it contains.

    What is left in the folder are files of posts and pictures by number, and the files that
    ``model_archive`` names. Raises UnusableArchive.
    """
    place = Path(folder)
    names = unpack_files(Path(source), place, limits)
    root = _root(names)
    files = {
        name.removeprefix(root): number for name, number in names.items() if name.startswith(root)
    }
    try:
        return _Reader(place, files).read()
    except MemoryError:
        raise UnusableArchive("archive_bomb") from None


def _root(names: dict[str, int]) -> str:
    """The folder of the archive in which everything lies: "", or what packing it again made."""
    found = [name for name in names if name.rpartition("/")[2] == "actor.json"]
    if not found:
        raise UnusableArchive("archive_no_profile")
    return min(found, key=lambda name: (name.count("/"), name)).removesuffix("actor.json")


class _Reader:
    """One archive."""

    def __init__(self, folder: Path, files: dict[str, int]) -> None:
        self._folder = folder
        self._files = files
        self._skipped: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._times: list[int] = []

    def read(self) -> Contents:
        """Everything; what is not needed any more goes."""
        actor = self._actor()
        uri = first_str(actor.get("id"))
        self._posts(uri, first_str(actor.get("followers")) or None)
        lists = {kind.value: count for kind, count in self._lists()}
        lists["bookmarks"] = self._bookmarks()
        name, note, fields = _profile(actor)
        contents = Contents(
            actor=uri,
            host=split_url(uri).origin.host,
            handle=f"@{clean_line(first_str(actor.get('preferredUsername')), 100)}",
            name=name,
            note=note,
            fields=fields,
            avatar=self._picture(actor, "avatar"),
            header=self._picture(actor, "header"),
            open=self._kinds["open"],
            followers=self._kinds["followers"],
            direct=self._kinds["direct"],
            files=self._kinds["files"],
            first=min(self._times, default=None),
            last=max(self._times, default=None),
            skipped=dict(self._skipped),
            lists=lists,
            csv={
                kind.value: self._files[file]
                for file, kind in CSV_FILES.items()
                if file in self._files
            },
        )
        self._tidy(contents)
        return contents

    def _content(self, name: str, most: int) -> bytes | None:
        number = self._files.get(name)
        if number is None:
            return None
        path = self._folder / str(number)
        return path.read_bytes() if path.stat().st_size <= most else None

    # The profile

    def _actor(self) -> Json:
        content = self._content("actor.json", LARGEST_ACTOR)
        try:
            actor = load_json_object(content or b"", max_bytes=LARGEST_ACTOR, max_depth=DEEPEST)
            split_url(first_str(actor.get("id")))
        except (FedrseError, BadUrl):
            raise UnusableArchive("archive_no_profile") from None
        return actor

    def _picture(self, actor: Json, name: str) -> int | None:
        """The number of a picture: what the profile names, or the file with the usual name."""
        image = next(iter(as_list(actor.get(_PICTURES[name]))), None)
        named = first_str(image.get("url")) if isinstance(image, dict) else ""
        if named in self._files:
            return self._files[named]
        usual = (number for file, number in self._files.items() if file.startswith(f"{name}."))
        return next(usual, None)

    # Lists

    def _lists(self) -> Iterator[tuple[Any, int]]:
        for name, kind in CSV_FILES.items():
            content = self._content(name, LARGEST_FILE)
            if content is None:
                continue
            try:
                yield kind, len(read_csv(kind, content))
            except Invalid:
                yield kind, 0

    def _bookmarks(self) -> int:
        found: list[str] = []
        for raw in self._items("bookmarks.json") or ():
            address = _decoded(raw)
            if isinstance(address, dict):
                address = id_of(address)
            if isinstance(address, str) and _is_line(address) and len(found) < MOST_ROWS:
                found.append(address)
        found = list(dict.fromkeys(found))
        (self._folder / BOOKMARKS_FILE).write_text("".join(f"{one}\n" for one in found), "utf-8")
        return len(found)

    def _items(self, name: str) -> list[Raw] | None:
        content = self._content(name, LARGEST_DOCUMENT)
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=_Collection).orderedItems
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None

    # Posts

    def _posts(self, actor: str, followers: str | None) -> None:
        """Writes the posts in the order of their time, so that answers follow what they answer."""
        items = self._items("outbox.json")
        if items is None and "outbox.json" in self._files:
            raise UnusableArchive("archive_no_posts")
        items = items or []
        if len(items) > MOST_POSTS:
            raise UnusableArchive("archive_too_many")
        lines: list[tuple[int, int, bytes]] = []
        for index, raw in enumerate(items):
            found = self._post(raw, actor, followers)
            if isinstance(found, Entry):
                at = _time(found.document)
                lines.append((at or 0, index, msgspec.json.encode(found)))
                self._kinds["open" if found.open else "followers"] += 1
                self._kinds["files"] += len(as_list(found.document.get("attachment")))
                self._times += [] if at is None else [at]
            elif found is Skip.DIRECT:
                self._kinds["direct"] += 1
            else:
                self._skipped[found.value] += 1
        lines.sort()
        with (self._folder / POSTS_FILE).open("wb") as file:
            file.writelines(line + b"\n" for _at, _index, line in lines)

    def _post(self, raw: Raw, actor: str, followers: str | None) -> Entry | Skip:
        try:
            activity = load_json_object(bytes(raw), max_bytes=LARGEST_POST, max_depth=DEEPEST)
        except FedrseError:
            return Skip.UNREADABLE
        if type_of(activity) == "Announce":
            return Skip.BOOST
        post = activity.get("object")
        if type_of(activity) != "Create" or not isinstance(post, dict):
            return Skip.UNREADABLE
        if type_of(post) not in ("Note", "Question", "Article"):
            return Skip.UNREADABLE
        if ids_of(post.get("attributedTo")) != [actor]:
            return Skip.FOREIGN
        audience, listed = _audience(post, followers)
        if audience not in _FOR_ALL | _FOR_FEW:
            return Skip.DIRECT
        return Entry(open=audience in _FOR_ALL, listed=listed, document=post)

    # Afterwards

    def _tidy(self, contents: Contents) -> None:
        """Keeps what will be needed: pictures, files of posts, lists."""
        wanted: dict[str, int] = {}
        for name, number in self._files.items():
            _, found, rest = name.partition(MEDIA)
            if found:
                wanted.setdefault(f"{MEDIA}{rest}", number)
        kept = {*wanted.values(), *contents.csv.values(), contents.avatar, contents.header}
        for path in self._folder.iterdir():
            if path.name.isdigit() and int(path.name) not in kept:
                path.unlink()
        (self._folder / FILES_FILE).write_bytes(msgspec.json.encode(wanted))


def _decoded(raw: Raw) -> Any:
    try:
        return msgspec.json.decode(raw) if len(bytes(raw)) <= LARGEST_ACTOR else None
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _is_line(address: str) -> bool:
    return (
        address.startswith(("https://", "http://"))
        and len(address) <= LONGEST_CELL
        and address.isprintable()
    )


def _audience(post: Json, followers: str | None) -> tuple[Audience, bool]:
    said = post.get(AUDIENCE)
    if isinstance(said, str) and said in set(Audience):
        return Audience(said), post.get("listed") is not False
    return audience_from_wire(read_addressing(post), SenderFacts(followers=followers))


def _time(post: Json) -> int | None:
    try:
        return max(from_iso(first_str(post.get("published"))), EARLIEST)
    except ValueError:
        return None


def _profile(actor: Json) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Name, biography and fields as plain text."""
    fields = [
        (_text(one.get("name")), _text(one.get("value")))
        for one in as_list(actor.get("attachment"))[:_MOST_FIELDS]
        if isinstance(one, dict) and type_of(one) == "PropertyValue"
    ]
    complete = tuple((name, value) for name, value in fields if name and value)
    return clean_line(_text(actor.get("name")), 200), _text(actor.get("summary")), complete


def _text(value: Any) -> str:
    return html_to_text(first_str(value)[:20_000]).strip()
