"""Archives of accounts as Mastodon makes them, and as nobody should."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any

from PIL import Image

ME = "https://old.example/users/zoe"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = f"{ME}/followers"

ACTOR = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": ME,
    "type": "Person",
    "preferredUsername": "zoe",
    "name": "Zoé <b>Old</b>",
    "summary": "<p>Welder &amp; <script>alert(1)</script>cook</p>",
    "followers": FOLLOWERS,
    "attachment": [
        {"type": "PropertyValue", "name": "Blog", "value": '<a href="https://z.example">z</a>'},
        {"type": "PropertyValue", "name": "Team", "value": "Blue"},
    ],
    "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
    "outbox": "outbox.json",
}


def picture(colour: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def note(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A ``Create`` of a note of day ``number`` of March 2021, for everybody."""
    uri = f"{ME}/statuses/{number}"
    document = {
        "id": uri,
        "type": "Note",
        "attributedTo": ME,
        "url": f"https://old.example/@zoe/{number}",
        "published": f"2021-03-{number:02}T10:00:00Z",
        "to": [PUBLIC],
        "cc": [FOLLOWERS],
        "content": f"<p>{text}</p>",
        "attachment": [],
        "tag": [],
        **more,
    }
    return {"id": f"{uri}/activity", "type": "Create", "actor": ME, "object": document}


def collection(items: list[Any]) -> dict[str, Any]:
    return {"id": "outbox.json", "type": "OrderedCollection", "orderedItems": items}


def files(posts: list[Any], **more: bytes) -> dict[str, bytes]:
    """The files of an archive by name; names of ``more`` have ``__`` for a dot."""
    given = {name.replace("__", "."): content for name, content in more.items()}
    made = {
        "outbox.json": json.dumps(collection(posts)).encode(),
        "actor.json": json.dumps(ACTOR).encode(),
        "avatar.png": picture("blue", (400, 400)),
    }
    return made | given


def zipped(content: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(content: Mapping[str, bytes], *more: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry, data in more:
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(file.getvalue())
