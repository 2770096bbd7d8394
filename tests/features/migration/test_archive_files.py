"""Archives from outside are unpacked or refused, whatever they claim."""

from __future__ import annotations

import gzip
import io
import json
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedrse.features.migration.model_archive import (
    FILES_FILE,
    MOST_ENTRIES,
    POSTS_FILE,
    REFUSALS,
    Choices,
    Entry,
    Skip,
    UnusableArchive,
)
from fedrse.features.migration.service_contents import read_archive
from fedrse.features.migration.service_old_posts import ReadPost, old_post
from fedrse.features.migration.service_unpacking import Limits
from fedrse.features.posts.model import Audience
from tests.features.migration.archives import ME, files, note, picture, tarred, zipped

MEBIBYTE = 1024 * 1024
LIMITS = Limits(20 * MEBIBYTE, 5 * MEBIBYTE)


def read(content: bytes, folder: Path, limits: Limits = LIMITS) -> Any:
    source = folder / "upload"
    source.write_bytes(content)
    place = folder / "unpacked"
    place.mkdir()
    return read_archive(str(source), str(place), limits)


def refused(content: bytes, folder: Path, limits: Limits = LIMITS) -> str:
    with pytest.raises(UnusableArchive) as caught:
        read(content, folder, limits)
    assert caught.value.code in REFUSALS
    return caught.value.code


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("root", ["", "archive-2021/"])
def test_both_forms_are_read(pack: Any, root: str, tmp_path: Path) -> None:
    content = files([note(2, "b"), note(1, "a")], lists__csv=b"Work,bo@b.example\n") | {
        "media_attachments/files/1/a.png": picture(),
        "notes.txt": b"x" * 512,
    }
    found = read(pack({root + name: data for name, data in content.items()}), tmp_path)
    assert (found.open, found.handle, found.host) == (2, "@zoe", "old.example")
    assert found.lists == {"lists": 1, "bookmarks": 0}
    assert found.fields == (("Blog", "z"), ("Team", "Blue"))
    folder = tmp_path / "unpacked"
    lines = (folder / POSTS_FILE).read_text().splitlines()
    assert [json.loads(line)["document"]["content"] for line in lines] == ["<p>a</p>", "<p>b</p>"]
    names = json.loads((folder / FILES_FILE).read_text())
    assert list(names) == ["media_attachments/files/1/a.png"]
    assert (folder / str(names["media_attachments/files/1/a.png"])).read_bytes() == picture()
    assert (folder / str(found.avatar)).read_bytes()[:4] == b"\x89PNG"
    assert len(list(folder.iterdir())) == 6, "what is not needed is gone"


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "a\\..\\x", "C:/x", "a\x07b", "x" * 1001]
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_lead_elsewhere(pack: Any, name: str, tmp_path: Path) -> None:
    assert refused(pack(files([]) | {name: b"x"}), tmp_path) == "archive_paths"
    assert {path.name for path in tmp_path.iterdir()} == {"upload", "unpacked"}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar(kind: bytes, tmp_path: Path) -> None:
    entry = tarfile.TarInfo("media_attachments/a.png")
    entry.type, entry.linkname = kind, "/etc/passwd"
    assert refused(tarred(files([]), (entry, b"")), tmp_path) == "archive_links"


def test_links_in_a_zip(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        entry = zipfile.ZipInfo("actor.json")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    assert refused(file.getvalue(), tmp_path) == "archive_links"


def test_a_locked_zip(tmp_path: Path) -> None:
    content = bytearray(zipped(files([])))
    place = content.index(b"PK\x01\x02") + 8
    content[place : place + 2] = struct.pack("<H", 1)
    assert refused(bytes(content), tmp_path) == "archive_encrypted"


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_bombs(pack: Any, tmp_path: Path) -> None:
    content = pack(files([]) | {f"media_attachments/{n}": bytes(3 * MEBIBYTE) for n in range(9)})
    assert len(content) < MEBIBYTE
    assert refused(content, tmp_path) == "archive_bomb"
    written = sum(path.stat().st_size for path in (tmp_path / "unpacked").iterdir())
    assert written <= LIMITS.total


def test_a_header_that_claims_to_be_huge(tmp_path: Path) -> None:
    """Readers of TAR take names of any length into memory at once."""
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 8 * MEBIBYTE
    content = gzip.compress(entry.tobuf(tarfile.GNU_FORMAT) + bytes(8 * MEBIBYTE + 1024))
    assert refused(content, tmp_path) == "archive_bomb"


def test_headers_in_headers(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("././@LongLink")
    entry.type, entry.size = tarfile.GNUTYPE_LONGNAME, 2
    one = entry.tobuf(tarfile.GNU_FORMAT) + b"a\0".ljust(512, b"\0")
    assert refused(gzip.compress(one * 5000), tmp_path) in ("archive_broken", "archive_bomb")


def test_too_many_files(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(MOST_ENTRIES + 1):
            archive.writestr(f"{number}", b"")
    assert refused(file.getvalue(), tmp_path) == "archive_too_many"


def test_a_table_of_contents_that_is_too_long(tmp_path: Path) -> None:
    """It is not even read: entries of a gigabyte would fill the memory."""
    content = bytearray(zipped(files([])) + bytes(17 * MEBIBYTE))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 17 * MEBIBYTE, 0, 0)
    assert refused(bytes(content) + end, tmp_path) == "archive_too_many"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"actor.json": b""}, "archive_no_profile"),
        ({"actor.json": b'{"id": "javascript:alert(1)"}'}, "archive_no_profile"),
        ({"actor.json": b'{"id": "' + ME.encode() + b'", "x": ' + b"[" * 99}, "archive_no_profile"),
        ({"actor.json": b'\xff\xfe{"id": 1}'}, "archive_no_profile"),
        ({"outbox.json": b'{"orderedItems": ' + b"[" * 200_000}, "archive_no_posts"),
        ({"outbox.json": b'{"orderedItems": 7}'}, "archive_no_posts"),
        ({"outbox.json": b'{"orderedItems": [1,]}'}, "archive_no_posts"),
    ],
)
def test_documents_that_are_none(more: dict[str, bytes], code: str, tmp_path: Path) -> None:
    assert refused(zipped(files([]) | more), tmp_path) == code


def test_entries_that_are_none_are_counted(tmp_path: Path) -> None:
    deep = "[" * 60 + "]" * 60
    twice = '{"type": "Create", "type": "Create", "object": {}}'
    items = ["7", "null", deep, twice, '{"type": ["Create"], "object": "x"}']
    outbox = f'{{"orderedItems": [{",".join(items)}]}}'.encode()
    found = read(zipped(files([]) | {"outbox.json": outbox}), tmp_path)
    assert found.skipped == {Skip.UNREADABLE: len(items)}
    assert (found.posts, found.first) == (0, None)


def test_large_files_of_posts_are_left_out(tmp_path: Path) -> None:
    content = files([note(1, "a")]) | {"media_attachments/a.mp4": bytes(6 * MEBIBYTE)}
    assert read(zipped(content), tmp_path).open == 1
    assert json.loads((tmp_path / "unpacked" / FILES_FILE).read_text()) == {}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_bytes_from_outside_are_read_or_refused(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([zipped, tarred]))(files([note(1, "a")]))
    head, packed = good[:2], good[:2] == b"\x1f\x8b"
    content = bytearray(gzip.decompress(good) if packed else good)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        more = data.draw(st.binary(max_size=6))
        content[place : place + data.draw(st.integers(0, 12))] = more or b"\xff"
    changed = gzip.compress(bytes(content)) if packed else head + bytes(content[2:])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            found = read(changed, place)
        except UnusableArchive as error:
            told = error.code in REFUSALS
        else:
            told = bool(found.host)
        assert told
        assert {path.name for path in place.iterdir()} == {"upload", "unpacked"}
        assert all(path.is_file() for path in (place / "unpacked").iterdir())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "content", "url", "name", "attachment", "tag", "to", "published"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            (
                *("content", "published", "attachment", "tag", "to", "cc", "source", "inReplyTo"),
                *("oneOf", "summary", "contentMap", "quote", "url", "type", "mediaType"),
            ),
            JSON,
        ),
    )
)
def test_posts_of_any_shape_are_taken_or_left_out(changes: dict[str, Any]) -> None:
    document = note(1, "a")["object"] | changes
    entry = Entry(open=True, listed=True, document=document)
    found = old_post(entry, Choices(posts=True, audience=Audience.SITE), "old.example", {})
    if isinstance(found, ReadPost):
        assert found.uri == document["id"]
        assert found.post.audience is Audience.SITE
        assert "<script" not in found.post.content


def test_an_article_and_a_poll_stay_readable() -> None:
    poll = note(1, "Lunch?")["object"] | {
        "type": "Question",
        "oneOf": [{"name": "<Soup>", "replies": {"totalItems": 3}}, {"name": "Salad"}, 7],
        "quote": "https://far.example/1",
    }
    found = old_post(
        Entry(open=True, listed=True, document=poll), Choices(posts=True), "old.example", {}
    )
    assert isinstance(found, ReadPost)
    assert found.post.content.startswith(
        "<p>Lunch?</p><ul><li>&lt;Soup&gt; (3)</li><li>Salad</li></ul>"
    )
    assert found.post.source.endswith("- <Soup> (3)\n- Salad\n\nRE: https://far.example/1")
