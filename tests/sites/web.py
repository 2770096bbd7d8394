"""Plain HTTP for tests: one connection per request, every header under control."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

PATIENCE = 30.0  # seconds that any answer may take


@dataclass(frozen=True)
class Answer:
    """What a server answered; header names in lower case, repeated ones joined."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:600]!r}>"


def request(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
    body: bytes | None = None,
    connect: tuple[str, int] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Sends exactly these headers, with ``Host`` and ``Content-Length`` where they are missing.

    ``connect`` is where the socket goes instead of the address' own host and port; ``tls`` is how
    an address with ``https`` is reached.
    """
    parts = urlsplit(url)
    assert parts.scheme == ("http" if tls is None else "https"), url
    address = connect or (parts.hostname or "", parts.port or 80)
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers or [])
    given = {name.lower() for name, _ in pairs}
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE)
    if tls is not None:
        connection = http.client.HTTPSConnection(*address, timeout=PATIENCE, context=tls)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        if "host" not in given:
            connection.putheader("Host", parts.netloc)
        if body is not None and not {"content-length", "transfer-encoding"} & given:
            connection.putheader("Content-Length", str(len(body)))
        for name, value in pairs:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        found: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            found[key] = f"{found[key]}, {value}" if key in found else value
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def form(data: Mapping[str, object]) -> tuple[str, bytes]:
    """Content type and body of a form."""
    return "application/x-www-form-urlencoded", urlencode(data, doseq=True).encode()


def multipart(
    fields: Mapping[str, str], file_field: str, file_name: str, content: bytes, media_type: str
) -> tuple[str, bytes]:
    """Content type and body of a form with one file."""
    boundary = secrets.token_hex(12)
    lines: list[bytes] = []
    for name, value in fields.items():
        lines += [
            f"--{boundary}".encode(),
            f'Content-Disposition: form-data; name="{name}"'.encode(),
            b"",
            value.encode(),
        ]
    lines += [
        f"--{boundary}".encode(),
        f'Content-Disposition: form-data; name="{file_field}"; filename="{file_name}"'.encode(),
        f"Content-Type: {media_type}".encode(),
        b"",
        content,
        f"--{boundary}--".encode(),
        b"",
    ]
    return f"multipart/form-data; boundary={boundary}", b"\r\n".join(lines)
