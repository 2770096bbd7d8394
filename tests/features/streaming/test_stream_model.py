"""Names of streams, and messages in the form of each transport."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from aiohttp import WSMsgType
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.errors import BadRequest, FedrseError
from fedrse.features.streaming.api import _parsed
from fedrse.features.streaming.model import (
    LONGEST_PACK,
    PING,
    Message,
    close_frame,
    packed,
    read_wish,
    text_frame,
    unpacked,
)


@pytest.mark.parametrize(
    ("name", "parameters", "topic", "label"),
    [
        ("user", {}, ("user", 7), ["user"]),
        ("user:notification", {}, ("user:notification", 7), ["user:notification"]),
        ("direct", {}, ("direct", 7), ["direct"]),
        ("public", {}, ("public", ""), ["public"]),
        ("public", {"only_media": "true"}, ("public:media", ""), ["public:media"]),
        ("public:remote:media", {}, ("public:remote:media", ""), ["public:remote:media"]),
        ("hashtag", {"tag": "#Été"}, ("hashtag", "ete"), ["hashtag", "#Été"]),
        ("hashtag:local", {"tag": "a"}, ("hashtag:local", "a"), ["hashtag:local", "a"]),
        ("list", {"list": "12"}, ("list", 12), ["list", "12"]),
    ],
)
def test_streams(name: str, parameters: Any, topic: Any, label: list[str]) -> None:
    wish = read_wish(name, parameters, 7)
    assert wish.topic == topic
    assert msgspec.json.decode(wish.label) == label
    needed = "read:notifications" if name == "user:notification" else "read:statuses"
    assert wish.scope == needed


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("", {}),
        ("users", {}),
        ("public:media:media", {}),
        ("hashtag", {}),
        ("hashtag", {"tag": ""}),
        ("hashtag", {"tag": "x" * 201}),
        ("hashtag", {"tag": ["a"]}),
        ("list", {}),
        ("list", {"list": "x"}),
        ("list", {"list": {"a": 1}}),
    ],
)
def test_wishes_that_cannot_be_met(name: str, parameters: Any) -> None:
    with pytest.raises(BadRequest):
        read_wish(name, parameters, 7)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(
    st.sampled_from(["hashtag", "list", "public", "user", "hashtag:local"]) | st.text(),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("tag", "list", "only_media"), json_values)),
)
def test_no_wish_breaks_anything(name: str, parameters: dict[str, Any]) -> None:
    with contextlib.suppress(FedrseError):
        assert isinstance(msgspec.json.decode(read_wish(name, parameters, 1).label), list)


@given(st.text(max_size=60) | st.sampled_from(("[", '{"a":')).map(lambda one: one * 800))
def test_any_message_of_an_app_is_read_as_members(text: str) -> None:
    assert isinstance(_parsed(text), Mapping)


def parse(frames: bytes) -> list[tuple[int, bytes]]:
    """Opcodes and contents of unmasked, final frames, as RFC 6455 section 5.2 says."""
    found = []
    while frames:
        first, size = frames[0], frames[1]
        assert first & 0xF0 == 0x80
        frames = frames[2:]
        if size >= 126:
            width = 2 if size == 126 else 8
            size, frames = int.from_bytes(frames[:width], "big"), frames[width:]
            assert size > (125 if width == 2 else 65_535)
        assert len(frames) >= size
        found.append((first & 0x0F, frames[:size]))
        frames = frames[size:]
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_frames_of_every_length(size: int) -> None:
    text, ping, close = parse(text_frame(b"x" * size) + PING + close_frame(1008, "e" * 200))
    assert text == (WSMsgType.TEXT, b"x" * size)
    assert ping == (WSMsgType.PING, b"")
    assert close == (WSMsgType.CLOSE, b"\x03\xf0" + b"e" * 123)


def test_payloads_are_strings() -> None:
    message = Message("update", '{"a":"é\\n\\""}'.encode())
    ((_, parsed),) = parse(message.frame(b'["user"]'))
    assert msgspec.json.decode(parsed) == {
        "stream": ["user"],
        "event": "update",
        "payload": '{"a":"é\\n\\""}',
    }
    assert message.event_stream() == 'event: update\ndata: {"a":"é\\n\\""}\n\n'.encode()
    assert message.frame(b'["user"]') is message.frame(b'["user"]')
    assert message.frame(b'["public"]') != message.frame(b'["user"]')


def test_an_event_without_payload() -> None:
    message = Message("filters_changed", None)
    ((_, parsed),) = parse(message.frame(b'["user"]'))
    assert msgspec.json.decode(parsed) == {"stream": ["user"], "event": "filters_changed"}
    assert message.event_stream() == b"event: filters_changed\ndata: undefined\n\n"


@given(st.lists(st.tuples(st.sampled_from(["update", "delete"]), st.lists(st.integers(0, 2**63)))))
def test_hints_travel_together_in_short_messages(hints: list[tuple[str, list[int]]]) -> None:
    messages = list(packed((event, *ids) for event, ids in hints))
    assert [hint for message in messages for hint in unpacked(message)] == hints
    for message in messages:
        assert len(message) <= LONGEST_PACK + 1 or len(unpacked(message)) == 1
