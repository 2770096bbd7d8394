"""Attachments as other servers describe them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fedrse.features.media.model import (
    LONGEST_DESCRIPTION,
    MOST_PER_POST,
    Media,
    MediaUrls,
    document,
    entity,
)
from fedrse.features.media.service import MediaLibrary
from fedrse.store.database import Database

AddPost = Callable[[], Awaitable[int]]
URLS = MediaUrls("https://lyon.corp.example/media/")
PICTURE = "https://nantes.corp.example/media/1.jpg"
BLURHASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
SAME = ("kind", "media_type", "width", "height", "blurhash", "description", "focus_x", "focus_y")


async def imported(
    database: Database, library: MediaLibrary, me: int, post: int, attachments: Any
) -> list[Media]:
    await database.write(library.import_remote, me, post, attachments)
    return (await database.read(library.of_posts, [post])).get(post, [])


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"type": "Image", "url": PICTURE}, {"kind": "image"}),
        ({"type": "Document", "mediaType": "video/mp4", "url": PICTURE}, {"kind": "video"}),
        ({"type": "Document", "mediaType": "Audio/MPEG", "url": PICTURE}, {"kind": "audio"}),
        ({"type": "Document", "mediaType": "application/pdf", "url": PICTURE}, {"kind": "unknown"}),
        ({"url": [{"type": "Link", "href": PICTURE, "mediaType": "image/png"}]}, {"kind": "image"}),
        ({"type": "Image", "href": PICTURE}, {"remote_url": PICTURE}),
        ({"url": PICTURE, "name": "A bridge"}, {"description": "A bridge"}),
        ({"url": PICTURE, "name": "short", "summary": "long"}, {"description": "long"}),
        ({"url": PICTURE, "name": "x" * 9999}, {"description": "x" * LONGEST_DESCRIPTION}),
        ({"url": PICTURE, "name": ["a", "b"]}, {"description": "a"}),
        ({"url": PICTURE, "width": 640, "height": 480}, {"width": 640, "height": 480}),
        ({"url": PICTURE, "width": -1, "height": 10**9}, {"width": None, "height": None}),
        ({"url": PICTURE, "width": True, "height": "480"}, {"width": None, "height": None}),
        ({"url": PICTURE, "focalPoint": [0.5, -1]}, {"focus_x": 0.5, "focus_y": -1.0}),
        ({"url": PICTURE, "focalPoint": [7, None]}, {"focus_x": 0.0, "focus_y": 0.0}),
        ({"url": PICTURE, "focalPoint": {"x": 1}}, {"focus_x": 0.0, "focus_y": 0.0}),
        (
            {"url": PICTURE, "blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj"},
            {"blurhash": "LEHV6nWB2yk8pyo0adR*.7kCMdnj"},
        ),
        ({"url": PICTURE, "blurhash": "<script>"}, {"blurhash": None}),
        ({"url": PICTURE, "blurhash": "A" * 200}, {"blurhash": None}),
    ],
)
async def test_what_is_read(
    database: Database,
    library: MediaLibrary,
    me: int,
    add_post: AddPost,
    attachment: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    (found,) = await imported(database, library, me, await add_post(), attachment)
    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.state, found.key) == ("remote", None)


async def test_what_has_no_address_for_a_browser_is_left_out(
    database: Database, library: MediaLibrary, me: int, add_post: AddPost
) -> None:
    strange: list[Any] = [
        None,
        7,
        "https://nantes.corp.example/1.jpg",
        {},
        {"url": None},
        {"url": "javascript:alert(1)"},
        {"url": "data:image/png;base64,AAAA"},
        {"url": "file:///etc/passwd"},
        {"url": "https://user@nantes.corp.example/1.jpg"},
        {"url": "https://nantes.corp.example/\n.jpg"},
        {"url": "https://nantes.corp.example/" + "a" * 3000},
        {"url": {"type": "Link"}},
    ]
    assert await imported(database, library, me, await add_post(), strange) == []


async def test_as_many_as_a_post_may_have(
    database: Database, library: MediaLibrary, me: int, add_post: AddPost
) -> None:
    many = [{"url": f"{PICTURE}?{number}"} for number in range(500)]
    found = await imported(database, library, me, await add_post(), [{}, *many])
    assert [one.remote_url for one in found] == [one["url"] for one in many[:MOST_PER_POST]]
    assert [one.position for one in found] == list(range(MOST_PER_POST))


async def test_a_refresh_keeps_ids_where_nothing_changed(
    database: Database, library: MediaLibrary, me: int, add_post: AddPost
) -> None:
    post = await add_post()
    document_ = {"type": "Image", "url": PICTURE, "name": "A bridge", "focalPoint": [0, 0.25]}
    first = await imported(database, library, me, post, [document_])
    assert await imported(database, library, me, post, [dict(document_)]) == first
    changed = await imported(database, library, me, post, [document_ | {"name": "A crane"}])
    assert [one.description for one in changed] == ["A crane"]
    assert await imported(database, library, me, post, []) == []


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    attachments=st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False)
        | st.integers(-(2**53), 2**53)
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "url", "href", "mediaType", "name", "focalPoint", "width", "blurhash"]
                ),
                inner | st.just(PICTURE),
            )
        ),
    )
)
async def test_any_shape_is_survived(
    database: Database, library: MediaLibrary, me: int, add_post: AddPost, attachments: Any
) -> None:
    for found in await imported(database, library, me, await add_post(), attachments):
        assert found.remote_url
        assert entity(found, URLS)["url"] == found.remote_url


# How clients and other servers see it


async def test_entity_of_an_upload(upload: Callable[[], Awaitable[Media]]) -> None:
    image = await upload()
    shown = entity(image, URLS)
    assert shown == {
        "id": str(image.id),
        "type": "image",
        "url": f"https://lyon.corp.example/media/{image.key}",
        "preview_url": f"https://lyon.corp.example/media/{image.preview_key}",
        "remote_url": None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": {
            "original": {"width": 1200, "height": 600, "size": "1200x600", "aspect": 2.0},
            "small": {"width": 640, "height": 320, "size": "640x320", "aspect": 2.0},
            "focus": {"x": 0.0, "y": 0.0},
        },
        "description": None,
        "blurhash": image.blurhash,
    }


async def test_a_site_reads_what_a_site_writes(
    database: Database,
    library: MediaLibrary,
    me: int,
    add_post: AddPost,
    upload: Callable[[], Awaitable[Media]],
) -> None:
    image = await upload()
    await database.write(library.attach, me, await add_post(), [image.id])

    async def describe(tx: Any) -> Media:
        return await library.describe(tx, me, image.id, description="Un pont", focus=(0.1, 0.2))

    written = document(await database.write(describe), URLS)
    (read,) = await imported(database, library, me, await add_post(), [written])
    assert read.remote_url == URLS.of(image.key or "")
    assert {name: getattr(read, name) for name in SAME} == {
        "kind": "image",
        "media_type": "image/jpeg",
        "width": 1200,
        "height": 600,
        "blurhash": image.blurhash,
        "description": "Un pont",
        "focus_x": 0.1,
        "focus_y": 0.2,
    }


FILM = {"type": "Video", "mediaType": "video/mp4", "url": "https://nantes.corp.example/1.mp4"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"duration": "PT12.5S"}, {"duration": 12.5}),
        ({"duration": "PT1H2M3S"}, {"duration": 3723.0}),
        ({"duration": "PT"}, {"duration": None}),
        ({"duration": "PT99999H"}, {"duration": None}),
        ({"duration": "PT\u0663S"}, {"duration": None}),
        ({"duration": 12}, {"duration": None}),
        ({"icon": {"type": "Image", "url": PICTURE}}, {"preview_remote_url": PICTURE}),
        ({"icon": [{"url": [{"href": PICTURE}]}]}, {"preview_remote_url": PICTURE}),
        ({"icon": {"url": "file:///etc/passwd"}}, {"preview_remote_url": None}),
        ({"icon": PICTURE}, {"preview_remote_url": None}),
        ({"icon": {"url": PICTURE}, "mediaType": "image/png"}, {"preview_remote_url": None}),
    ],
)
async def test_what_is_read_of_films(
    database: Database,
    library: MediaLibrary,
    me: int,
    add_post: AddPost,
    more: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    (found,) = await imported(database, library, me, await add_post(), FILM | more)
    assert {name: getattr(found, name) for name in expected} == expected


async def test_a_site_reads_the_films_of_a_site(
    database: Database,
    library: MediaLibrary,
    me: int,
    add_post: AddPost,
    upload: Callable[[], Awaitable[Media]],
) -> None:
    image = await upload()
    for kind, said in (("video", "Video"), ("gifv", "Video"), ("audio", "Audio")):
        film = replace(
            image, kind=kind, media_type=f"{said.lower()}/x", duration=83.25, details=None
        )
        written = document(film, URLS)
        assert written["type"] == said
        assert "focalPoint" not in written
        (read,) = await imported(database, library, me, await add_post(), [written])
        assert (read.kind, read.duration) == (said.lower(), 83.25)
        assert read.preview_remote_url == URLS.of(image.preview_key or "")
        shown = entity(read, URLS)
        assert shown["preview_url"] == read.preview_remote_url
        assert shown["meta"]["length"] == "0:01:23.25"
        assert shown["meta"]["original"]["duration"] == 83.25
