"""What a feature declares for each address that it serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum

from aiohttp import web
from msgspec import Struct

from fedrse.http.multipart import Uploads
from fedrse.http.principal import Held
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.rights import Right

KIBIBYTE = 1024

Answer = bytes | Reply | web.StreamResponse
"""What a handler returns: the bytes of a JSON document, a reply, or a response that streams."""

Handler = Callable[[Request], Awaitable[Answer]]


class Surface(StrEnum):
    """For whom an address exists; decides error shape, CORS, cookies and security headers."""

    API = "api"
    ACTIVITYPUB = "activitypub"
    PAGE = "page"
    WELLKNOWN = "wellknown"
    MEDIA = "media"


class Auth(StrEnum):
    """Who must be known before the handler runs.

    PUBLIC: credentials are not even looked at. OPTIONAL: used where valid, refused where invalid.
    APP: any valid token, also one without a person. USER: a person, by token or by session.
    """

    PUBLIC = "public"
    OPTIONAL = "optional"
    APP = "app"
    USER = "user"


class Limit(StrEnum):
    """Rate limit classes; see ``rate_limits``.

    API counts by person where there is one and by address otherwise, LOGIN and INBOX by address.
    """

    NONE = "none"
    API = "api"
    LOGIN = "login"
    INBOX = "inbox"


class Route(Struct, frozen=True):
    """One method of one address.

    ``path`` has literal segments and parameters: ``/api/v1/statuses/{id}``, ``/@{handle}``, and
    ``{name...}`` at the end for the rest of the path. Of several ``scopes`` one is enough.
    ``body_limit`` counts the bytes of everything that is not a file. A path may have one
    ACTIVITYPUB and one other route with the same method: the Accept header chooses.
    ``newcomers``: also for those whose account is not there yet (``Principal.pending``).
    ``open_to``: also for those whom those in charge hold back so far; reading is to the frozen.
    ``right``: only for those who have it; it counts as missing for everybody else on pages.
    A ``stream`` lasts until the client goes: its task is cancelled when the server stops.
    """

    method: str
    path: str
    handler: Handler
    surface: Surface
    auth: Auth
    scopes: tuple[str, ...] = ()
    limit: Limit = Limit.API
    body_limit: int = 256 * KIBIBYTE
    uploads: Uploads | None = None
    csrf: bool = True
    token_in_query: bool = False
    stream: bool = False
    newcomers: bool = False
    right: Right | None = None
    open_to: Held = Held.FREE
