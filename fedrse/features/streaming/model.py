"""Streams and the messages in them (Mastodon API ``streaming``).

A stream is watched by a kind and a parameter: ``("user", 7)``, ``("hashtag", "paris")``,
``("public:local", "")``. Its name in messages is a list, as apps know it: ``["hashtag","Paris"]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from fedrse.core.errors import BadRequest
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.core.text import fold_hashtag

Topic: TypeAlias = tuple[str, int | str]
"""Kind of a stream and what of it is watched: an account, a tag, a list, or nothing ("")."""

USER: Final = "user"
NOTIFICATIONS: Final = "user:notification"
DIRECT: Final = "direct"
LIST: Final = "list"
POST: Final = "post"
"""Only for pages of this site: what happens to a post that is on an open page."""
TYPING: Final = "typing"
"""Only for pages of this site: who writes to somebody (the parameter) at this moment."""
TAG: Final = "hashtag"
LOCAL_TAG: Final = "hashtag:local"
PUBLIC: Final = ("public", "public:local", "public:remote")
MEDIA: Final = ":media"
PUBLIC_KINDS: Final = frozenset({*PUBLIC, *(kind + MEDIA for kind in PUBLIC)})
OWN_KINDS: Final = frozenset({USER, NOTIFICATIONS, DIRECT})
LONGEST_TAG: Final = 200
LONGEST_PACK: Final = 4000  # characters

READ_STATUSES: Final = "read:statuses"
READ_NOTIFICATIONS: Final = "read:notifications"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Wish(Struct, frozen=True):
    """A stream that somebody asks for: what to watch, its name as JSON, the scope it needs."""

    topic: Topic
    label: bytes
    scope: str


def read_wish(name: str, parameters: Mapping[str, Any], account_id: int) -> Wish:
    """The stream with this name. Raises BadRequest with the sentences of Mastodon."""
    scope = READ_NOTIFICATIONS if name == NOTIFICATIONS else READ_STATUSES
    if name in OWN_KINDS:
        return Wish((name, account_id), _encode([name]), scope)
    if name in PUBLIC_KINDS:
        if _is_set(parameters.get("only_media")) and not name.endswith(MEDIA):
            name += MEDIA
        return Wish((name, ""), _encode([name]), scope)
    if name in (TAG, LOCAL_TAG):
        tag = parameters.get("tag")
        if not isinstance(tag, str) or not 0 < len(tag) <= LONGEST_TAG:
            raise BadRequest("missing_tag", "Missing tag name parameter")
        return Wish((name, fold_hashtag(tag.removeprefix("#"))), _encode([name, tag]), scope)
    if name == LIST:
        list_id = parse_id(str(parameters.get("list")))
        if list_id is None:
            raise BadRequest("missing_list", "Missing list name parameter")
        return Wish((LIST, list_id), _encode([LIST, str(list_id)]), scope)
    raise BadRequest("unknown_stream", "Unknown stream type")


def _is_set(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in ("true", "1", "on"))


class Message:
    """One event with its payload, in the form of each transport; every form is made once.

    ``payload`` is what apps find in ``payload`` after parsing: JSON, or a bare id; None where the
    event has none.
    """

    __slots__ = ("_frames", "_quoted", "_sse", "event", "payload")

    def __init__(self, event: str, payload: bytes | None) -> None:
        self.event = event
        self.payload = payload
        self._frames: dict[bytes, bytes] = {}
        self._sse: bytes | None = None
        self._quoted = b"" if payload is None else b',"payload":' + _encode(payload.decode())

    def frame(self, label: bytes) -> bytes:
        """A whole WebSocket frame for the stream with this label."""
        frame = self._frames.get(label)
        if frame is None:
            event = _encode(self.event)
            text = b'{"stream":' + label + b',"event":' + event + self._quoted + b"}"
            frame = self._frames[label] = text_frame(text)
        return frame

    def event_stream(self) -> bytes:
        """A server-sent event (HTML standard, section 9.2)."""
        if self._sse is None:
            payload = b"undefined" if self.payload is None else self.payload
            self._sse = b"event: %s\ndata: %s\n\n" % (self.event.encode(), payload)
        return self._sse


def text_frame(text: bytes) -> bytes:
    """An unmasked text frame of a server (RFC 6455, section 5.2)."""
    return _frame(0x81, text)


PING: Final = b"\x89\x00"
"""A ping frame without content."""


def close_frame(code: int, reason: str) -> bytes:
    """A close frame (RFC 6455, section 5.5.1); the reason is up to 123 bytes."""
    return _frame(0x88, code.to_bytes(2, "big") + reason.encode()[:123])


def _frame(first: int, content: bytes) -> bytes:
    size = len(content)
    if size < 126:
        return bytes((first, size)) + content
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + content
    return bytes((first, 127)) + size.to_bytes(8, "big") + content


class Listener(Protocol):
    """An open connection, as the registry of streams sees it.

    ``topics`` are the watched streams with their labels. Nothing here waits: a reader that is too
    slow is cut off.
    """

    account_id: int
    credential: str
    hears_notifications: bool
    topics: dict[Topic, bytes]

    def send(self, message: Message, topic: Topic) -> None:
        """Hands a message to the network."""

    def beat(self) -> None:
        """Keeps the connection alive, or cuts it off if nobody seems to be there."""

    def end(self, reason: str) -> None:
        """Closes the connection from this side."""


class Dispatch(Struct, frozen=True):
    """Messages for the watchers of some streams of one kind.

    ``parameter`` None: each person's own stream. Those who are not in ``messages`` get nothing.
    """

    kind: str
    parameter: int | str | None
    messages: Mapping[int, Message]


class Watching(Struct, frozen=True):
    """Who watches what in this process at one moment, by kind and parameter."""

    accounts: Mapping[str, Mapping[int | str, frozenset[int]]]

    def people(self, kind: str) -> list[int]:
        """Everybody who watches their own stream of this kind, or any stream of it."""
        return list({one for those in self.accounts.get(kind, {}).values() for one in those})

    def of(self, kind: str) -> Mapping[int | str, frozenset[int]]:
        """Watchers of the streams of a kind, by parameter."""
        return self.accounts.get(kind, {})


def packed(hints: Iterable[Sequence[str | int]]) -> Iterator[str]:
    """Hints (event and ids) as JSON lists, each short enough for one live message."""
    texts: list[str] = []
    size = 0
    for hint in hints:
        text = _encode(hint).decode()
        if texts and size + len(text) > LONGEST_PACK:
            yield f"[{','.join(texts)}]"
            texts, size = [], 0
        texts.append(text)
        size += len(text) + 1
    if texts:
        yield f"[{','.join(texts)}]"


def unpacked(payload: str) -> list[tuple[str, list[int]]]:
    """The events and ids of a message made by ``packed``."""
    return [(event, ids) for event, *ids in _decode(payload)]
