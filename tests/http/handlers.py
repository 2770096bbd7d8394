"""Handlers, routes and people for the tests of the frame."""

from __future__ import annotations

from typing import Any

import msgspec

from fedrse.http.principal import Principal
from fedrse.http.reply import Reply, html_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface

READER = Principal(account_id=7, scopes=frozenset({"read"}))
WRITER = Principal(account_id=8, scopes=frozenset({"write:statuses"}))
APPLICATION = Principal(scopes=frozenset({"read"}), app_id=3)
SESSION = Principal(account_id=9, session_id=1, csrf="c" * 32, locale="fr-CA")


async def who(request: Request) -> bytes:
    return msgspec.json.encode({"viewer": request.viewer, "address": request.address})


async def page(request: Request) -> Reply:
    return html_reply(f"<p>{request.language} {request.viewer}</p>")


def api(path: str, handler: Any, method: str = "GET", **options: Any) -> Route:
    options = {"surface": Surface.API, "auth": Auth.PUBLIC, **options}
    return Route(method, path, handler, **options)
