"""Reads the body that a route expects and merges its parameters with those of the query."""

from __future__ import annotations

from pathlib import Path

from fedrse.core.errors import BadRequest, UnsupportedMedia
from fedrse.http.body import read_body
from fedrse.http.multipart import read_multipart
from fedrse.http.parameters import Parameters, nest, parse_json, parse_urlencoded
from fedrse.http.request import Request
from fedrse.http.routes import Route, Surface

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data"


async def read_form(request: Request, route: Route, folder: Path | None) -> None:
    """Fills ``body``, and for all surfaces but ActivityPub and media also ``params``.

    Programs are read as Mastodon reads them: what has no type is a form, and a body of another
    type says nothing, so that the parameters of the query count. Raises TooLarge, UnsupportedMedia
    for a body of unknown type on other surfaces, BadRequest for a broken one.
    """
    raw = request.raw
    if not raw.can_read_body:
        return
    media_type = raw.content_type
    if media_type == MULTIPART and route.surface is not Surface.ACTIVITYPUB:
        request.form = await read_multipart(
            raw, body_limit=route.body_limit, uploads=route.uploads, folder=folder
        )
        _merge(request, nest(request.form))
        return
    request.body = await read_body(raw, route.body_limit)
    if request.body and route.surface not in (Surface.ACTIVITYPUB, Surface.MEDIA):
        if route.surface is Surface.API:
            if "Content-Type" not in raw.headers:
                media_type = FORM
            elif not _is_understood(media_type):
                return
        _merge(request, _parsed(media_type, request.body))


def _is_understood(media_type: str) -> bool:
    return media_type in (FORM, JSON) or media_type.endswith("+json")


def _parsed(media_type: str, body: bytes) -> Parameters:
    if not _is_understood(media_type):
        raise UnsupportedMedia(
            "unsupported_media", f"A body must be {FORM}, {MULTIPART} or {JSON}."
        )
    if media_type != FORM:
        return parse_json(body)
    try:
        return nest(parse_urlencoded(body.decode()))
    except UnicodeDecodeError as error:
        raise BadRequest("invalid_encoding", "The form is not valid UTF-8.") from error


def _merge(request: Request, parameters: Parameters) -> None:
    request.params = {**request.params, **parameters}
