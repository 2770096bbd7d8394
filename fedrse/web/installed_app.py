"""What makes the site an app on a telephone: manifest, service worker, page without network.

Manifest: https://www.w3.org/TR/appmanifest/. The worker keeps the style sheet, scripts and icons,
and one page that says that there is no connection; pages with content are never kept on a device.
"""

from __future__ import annotations

import hashlib
import json

from fedrse.core.settings import Settings
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.web.assets import MEDIA_TYPES, STATIC
from fedrse.web.renderer import Renderer

MANIFEST = "/manifest.webmanifest"
WORKER = "/service-worker.js"
OFFLINE = "/offline"
_KEPT = ("fedrse.css", "app.js", "outbox.js", "icons.svg")
_SHORT = 12


class InstalledApp:
    """Handlers of the three addresses."""

    def __init__(self, settings: Settings, renderer: Renderer) -> None:
        self._site = settings.site
        self._renderer = renderer
        self._manifest = json.dumps(self._describe(), ensure_ascii=False).encode()
        self._worker = self._program()

    def routes(self) -> list[Route]:
        """Anybody may read them: they tell nothing but the name of the site."""
        page, anyone, free = Surface.PAGE, Auth.PUBLIC, Limit.NONE
        return [
            Route("GET", MANIFEST, self.manifest, page, anyone, limit=free),
            Route("GET", WORKER, self.worker, page, anyone, limit=free),
            Route("GET", OFFLINE, self.offline, page, Auth.OPTIONAL),
        ]

    async def manifest(self, _request: Request) -> Reply:
        """``GET /manifest.webmanifest``."""
        return Reply(self._manifest, media_type="application/manifest+json")

    async def worker(self, _request: Request) -> Reply:
        """``GET /service-worker.js``; it changes when one of the files does that it keeps."""
        headers = {"Cache-Control": "no-cache"}
        return Reply(self._worker, media_type=MEDIA_TYPES[".js"], headers=headers)

    async def offline(self, request: Request) -> Reply:
        """``GET /offline``: what the worker shows without network."""
        return self._renderer.render(request, "offline.html")

    def _describe(self) -> dict[str, object]:
        site, colours = self._site, self._renderer.assets.palette.themes["light"]
        name = site.name
        return {
            "id": "/",
            "name": name,
            "short_name": name if len(name) <= _SHORT else name.split()[0][:_SHORT],
            "description": site.description,
            "lang": str(site.language),
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "share_target": {
                "action": "/compose",
                "method": "GET",
                "params": {"title": "title", "text": "text", "url": "url"},
            },
            "background_color": colours["canvas"],
            "theme_color": colours["canvas"],
            "icons": self._icons(),
        }

    def _icons(self) -> list[dict[str, str]]:
        assets = self._renderer.assets
        suffix = "." + assets.logo.rpartition(".")[2]
        own = {"src": assets.path(assets.logo), "type": MEDIA_TYPES[suffix], "sizes": "any"}
        if self._site.logo is not None:
            return [own]
        drawn = [
            {"src": assets.path(f"icon-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}"}
            for size in (192, 512)
        ]
        return [own, *drawn, {**drawn[1], "purpose": "maskable"}]

    def _program(self) -> bytes:
        kept = [OFFLINE, *map(self._renderer.assets.path, _KEPT), self._renderer.assets.path(
            self._renderer.assets.logo
        )]  # fmt: skip
        source = (STATIC / "worker" / "service-worker.js").read_text("utf-8")
        version = hashlib.sha256((source + "".join(kept)).encode()).hexdigest()[:12]
        values = {"VERSION": version, "OFFLINE": OFFLINE, "KEPT": kept}
        lines = (f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
        return "".join((*lines, source)).encode()
