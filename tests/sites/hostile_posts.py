"""Posts that mallory writes to alice, and a check of what apps are shown of them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from tests.sites.hostile_stage import Stage
from tests.sites.remote_actor import Json, RemoteActor

ALLOWED_TAGS = {
    "p", "span", "br", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "sub",
    "sup", "i", "em", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "ruby", "rt", "rp",
    "hr",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    "href", "class", "rel", "target", "lang", "dir", "translate", "start", "reversed", "value",
    "title", "cite",
}  # fmt: skip


class Checked(HTMLParser):
    """Reads a fragment and complains about everything that could do something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED_TAGS:
            self.wrong.append(tag)
        for name, value in attrs:
            if name not in ALLOWED_ATTRIBUTES:
                self.wrong.append(f"{tag} {name}={value}")
            if name in {"href", "cite"} and not re.match(r"https?://", value or ""):
                self.wrong.append(f"{name}={value}")

    handle_startendtag = handle_starttag


# Values of the client API that apps put into pages as HTML; all others are plain text.
AS_HTML = {"content", "note", "value"}


def check(value: Any, path: str = "") -> None:
    """Walks an entity: HTML is clean, and addresses are addresses."""
    if isinstance(value, dict):
        for name, item in value.items():
            check(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            check(item, path)
    elif isinstance(value, str):
        name = path.rpartition(".")[2]
        if name in AS_HTML:
            assert Checked(value).wrong == [], (path, value)
        if name.endswith("url") or name in {"avatar", "header", "website"}:
            assert re.match(r"(https?://[^\s<>\"']+)?$", value), (path, value)


def media(**extra: Any) -> Json:
    return {"type": "Image", "mediaType": "image/png", "url": "http://evil.test/i.png", **extra}


def read_post(stage: Stage, author: RemoteActor, note: Json) -> dict[str, Any]:
    """The post as alice is shown it; it names her, so she may read it."""
    answer = author.send(stage.site, author.create(note))
    assert answer.status == 202, answer
    stage.settle()
    rows = stage.site.rows(f"SELECT id FROM post WHERE uri = '{note['id']}'")
    assert rows, stage.site.rows(
        f"SELECT state, reason FROM inbox_message WHERE body LIKE '%{note['id']}%'"
    )
    return stage.alice.status(str(rows[0][0]))


def to_alice(stage: Stage, **extra: Any) -> Json:
    tag = {"type": "Mention", "href": stage.alice.uri, "name": "@alice"}
    tags = [*extra.pop("tag", []), tag]
    return stage.mallory.note(**{"cc": [stage.alice.uri], **extra, "tag": tags})
