"""Style sheet, scripts and icons: read at start, served under names that carry their hash.

A file under such a name never changes, so browsers may keep it for ever. The parts of the style
sheet are one file on the wire.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from fedrse.core.errors import NotFound
from fedrse.core.settings import SiteSettings
from fedrse.core.settings_look import DEFAULT_ACCENT
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.web.palette import Palette

STATIC = Path(__file__).parent / "static"
PREFIX = "/static/"
IMMUTABLE = "public, max-age=31536000, immutable"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
}
STYLE_SHEET = "fedrse.css"
STYLE_PARTS = (
    *("tokens", "base", "layout", "controls", "cards", "notifications"),
    *("data", "overlays", "posts", "polls", "compose", "messages", "console"),
)
MIN_COMPRESSED = 512
_IMPORT = re.compile(r'(from |import\()"\./([\w-]+\.js)"')


class Asset(Struct, frozen=True):
    """One file: its bytes, also compressed where that helps."""

    path: str
    media_type: str
    body: bytes
    compressed: bytes | None


class Assets:
    """All static files of the interface.

    ``folders`` are searched after the interface's own; a name is what templates call the file.
    ``identity`` brings the colour and the logo of the site.
    """

    def __init__(self, *folders: Path, identity: SiteSettings | None = None) -> None:
        """Raises OSError where a file cannot be read, ValueError for a name used twice."""
        self.palette = Palette(identity.accent_colour if identity else DEFAULT_ACCENT)
        self._paths: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        parts = [(STATIC / "css" / f"{part}.css").read_text("utf-8") for part in STYLE_PARTS]
        self._add(STYLE_SHEET, "\n".join((self.palette.style(), *parts)).encode())
        for folder in (STATIC, *folders):
            files = {one.name: one for one in sorted(folder.iterdir()) if one.suffix in MEDIA_TYPES}
            for name in _imported_first(files):
                self._add(name, self._linked(files[name]))
        self.logo = "logo.svg"
        if identity is not None and identity.logo is not None:
            own = Path(identity.logo)
            self.logo = f"site-logo{own.suffix.lower()}"
            self._add(self.logo, own.read_bytes())

    def _linked(self, file: Path) -> bytes:
        """The bytes of a file; a script imports others by the names that carry their hash."""
        if file.suffix != ".js":
            return file.read_bytes()
        return _IMPORT.sub(
            lambda found: f'{found[1]}"{self._paths[found[2]]}"', file.read_text("utf-8")
        ).encode()

    def _add(self, name: str, body: bytes) -> None:
        if name in self._paths:
            raise ValueError(f"two static files are called {name}")
        stem, _, suffix = name.rpartition(".")
        path = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}"
        compressed = gzip.compress(body, 9, mtime=0) if len(body) >= MIN_COMPRESSED else None
        if compressed is not None and len(compressed) > len(body) * 0.9:
            compressed = None
        self._paths[name] = PREFIX + path
        self._assets[path] = Asset(PREFIX + path, MEDIA_TYPES[f".{suffix}"], body, compressed)

    def path(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that there is not."""
        return self._paths[name]

    async def serve(self, request: Request) -> Reply:
        """One file. Raises NotFound."""
        asset = self._assets.get(request.values["file"])
        if asset is None:
            raise NotFound
        headers = {"Cache-Control": IMMUTABLE}
        body = asset.body
        if asset.compressed is not None:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                headers["Content-Encoding"] = "gzip"
                body = asset.compressed
        return Reply(body, media_type=asset.media_type, headers=headers)

    def routes(self) -> list[Route]:
        """``GET /static/...``."""
        return [
            Route(
                "GET",
                PREFIX + "{file...}",
                self.serve,
                surface=Surface.MEDIA,
                auth=Auth.PUBLIC,
                limit=Limit.NONE,
            )
        ]


def _imported_first(files: Mapping[str, Path]) -> list[str]:
    """The names of files, scripts behind those that they import. Raises ValueError for a circle."""
    order: list[str] = []
    waiting = {
        name: {found[2] for found in _IMPORT.finditer(file.read_text("utf-8"))} & files.keys()
        if file.suffix == ".js"
        else set()
        for name, file in files.items()
    }
    while waiting:
        ready = [name for name, imported in waiting.items() if imported <= set(order)]
        if not ready:
            raise ValueError(f"scripts import each other: {', '.join(waiting)}")
        order += ready
        for name in ready:
            del waiting[name]
    return order
