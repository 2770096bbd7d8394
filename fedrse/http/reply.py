"""What handlers return when bytes of JSON with status 200 are not enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
ACTIVITY_JSON = "application/activity+json; charset=utf-8"

encode_json = msgspec.json.Encoder().encode
"""JSON bytes of plain values and msgspec structs."""


class Reply:
    """A complete answer: bytes, status, media type and further headers.

    ``cookies`` are whole ``Set-Cookie`` values, made by ``sessions``.
    """

    __slots__ = ("body", "cookies", "headers", "media_type", "status")

    def __init__(
        self,
        body: bytes = b"",
        *,
        status: int = 200,
        media_type: str = JSON,
        headers: Mapping[str, str] | None = None,
        cookies: Sequence[str] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.media_type = media_type
        self.headers: dict[str, str] = dict(headers) if headers else {}
        self.cookies = list(cookies)

    def __repr__(self) -> str:
        return f"Reply({self.status}, {self.media_type!r}, {len(self.body)} bytes)"


def json_reply(
    value: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Reply:
    """A JSON answer of plain values or msgspec structs."""
    return Reply(encode_json(value), status=status, headers=headers)


def html_reply(text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An HTML page."""
    return Reply(text.encode(), status=status, media_type=HTML, headers=headers)


def redirect(location: str, *, status: int = 303) -> Reply:
    """A redirect; 303 after a form, 302 or 301 where the method is to stay a GET.

    The location is percent-encoded where it needs to be, so it cannot break out of the header.
    """
    safe = quote(location, safe="!#$%&'()*+,/:;=?@[]~")
    return Reply(status=status, media_type=TEXT, headers={"Location": safe})


def no_content() -> Reply:
    """204 without a body."""
    return Reply(status=204)
