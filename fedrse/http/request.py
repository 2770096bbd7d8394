"""What a handler knows about the request: a light context around the one of aiohttp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec
from aiohttp import web

from fedrse.core.errors import NotFound, Unauthenticated
from fedrse.core.ids import parse_id
from fedrse.core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, parse_page
from fedrse.http import paging
from fedrse.http.binding import bind
from fedrse.http.csrf import mask, new_token
from fedrse.http.multipart import Upload, discard_uploads
from fedrse.http.negotiate import choose_language
from fedrse.http.parameters import Parameters, nest, parse_urlencoded
from fedrse.http.principal import Principal
from fedrse.http.rights import Right
from fedrse.http.sessions import Cookies, read_cookie

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

    from fedrse.http.client_certificates import ShownCertificates
    from fedrse.http.rate_limits import Usage
    from fedrse.http.routes import Route

T = TypeVar("T", bound=msgspec.Struct)


class Request:
    """One request, with everything that the frame has already found out.

    ``raw`` is aiohttp's request, needed for WebSockets and streams. ``values`` are the decoded
    parameters of the path. ``address`` is the client's, seen through trusted proxies. ``body`` is
    filled for methods that carry one, except for multipart. ``cookies_to_set`` are whole
    ``Set-Cookie`` values for the answer. ``negotiated``: the Accept header chose what answers.
    ``signed_by``: the peer that has proved to ask, of documents for other sites. ``usage``: how
    much of the rate limit is used.
    """

    __slots__ = (
        "_csrf",
        "_language",
        "_params",
        "_site",
        "address",
        "body",
        "cookies_to_set",
        "form",
        "headers",
        "id",
        "method",
        "negotiated",
        "path",
        "principal",
        "query_string",
        "raw",
        "route",
        "signed_by",
        "usage",
        "values",
    )

    def __init__(self, raw: web.BaseRequest, site: Site, target: str, identifier: str) -> None:
        self.raw = raw
        self.id = identifier
        self.method: str = raw.method
        self.headers: CIMultiDictProxy[str] = raw.headers
        self.path, _, self.query_string = target.partition("?")
        self.values: dict[str, str] = {}
        self.route: Route | None = None
        self.negotiated = False
        self.principal: Principal | None = None
        self.address = ""
        self.body = b""
        self.signed_by = ""
        self.usage: Usage | None = None
        self.form: list[tuple[str, Any]] = []
        self.cookies_to_set: list[str] = []
        self._site = site
        self._params: Parameters | None = None
        self._language: str | None = None
        self._csrf: str | None = None

    # who asks

    @property
    def viewer(self) -> int | None:
        """The account that asks, None where nobody is known."""
        principal = self.principal
        return None if principal is None else principal.account_id

    def require_viewer(self) -> int:
        """The account that asks. Raises Unauthenticated where there is none."""
        viewer = self.viewer
        if viewer is None:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        return viewer

    def has_right(self, right: Right) -> bool:
        """Whether whoever asks has this right on this site."""
        return self.principal is not None and right in self.principal.rights

    @property
    def language(self) -> str:
        """The interface language: the person's, else the browser's, else the site's."""
        if self._language is None:
            principal = self.principal
            locale = principal.locale if principal is not None else None
            wish = locale or self.headers.get("Accept-Language")
            self._language = choose_language(wish, self._site.languages, self._site.language)
        return self._language

    @language.setter
    def language(self, wish: str) -> None:
        """Shows the page in a language that was asked for by name, if there is such a one."""
        self._language = choose_language(wish, self._site.languages, self.language)

    @property
    def certificate(self) -> bytes | None:
        """The client certificate (DER) of whoever asks, where this site asks for one."""
        shown = self._site.certificates
        return None if shown is None else shown.of(self.raw)

    # what is asked

    @property
    def params(self) -> Parameters:
        """Query, form, multipart and JSON parameters as one structure; the body wins.

        Raises BadRequest or TooLarge for a query string that is broken.
        """
        if self._params is None:
            self._params = nest(parse_urlencoded(self.query_string))
        return self._params

    @params.setter
    def params(self, value: Parameters) -> None:
        self._params = value

    def text(self, name: str) -> str | None:
        """A parameter that is plain text, None where absent or something else."""
        value = self.params.get(name)
        return value if isinstance(value, str) else None

    def bind(self, struct: type[T]) -> T:
        """The parameters as a struct. Raises Invalid, naming the wrong parameter."""
        return bind(self.params, struct)

    def page(self, *, default: int = DEFAULT_LIMIT, cap: int = MAX_LIMIT) -> Page:
        """Which page of a list is asked for. Raises BadRequest."""
        return parse_page(self.params, default=default, cap=cap)

    def path_id(self, name: str = "id") -> int:
        """A parameter of the path as an id. Raises NotFound for anything that is none."""
        identifier = parse_id(self.values[name])
        if identifier is None:
            raise NotFound
        return identifier

    @property
    def url(self) -> str:
        """The absolute address without its query."""
        return self._site.origin + quote(self.path, safe="/%:@!$&'()*+,;=~")

    @property
    def target(self) -> str:
        """Path and query as they came, for coming back after login."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    @property
    def came_from(self) -> str:
        """Path and query of the page of this site that led here (Referer), "" where nobody says."""
        referer, origin = self.headers.get("Referer", ""), self._site.origin
        return referer[len(origin) :] if referer.startswith(f"{origin}/") else ""

    def link(
        self, page: Page, *, newest: int | None, oldest: int | None, more: bool = True
    ) -> dict[str, str]:
        """The headers of an answer that is a page of a list: ``Link``, or nothing."""
        value = paging.link_header(
            self.url,
            page,
            newest=newest,
            oldest=oldest,
            more=more,
            query_string=self.query_string,
        )
        return {} if value is None else {"Link": value}

    # cookies and forms

    def cookie(self, name: str) -> str | None:
        """The value of a cookie by its full name."""
        return read_cookie(self.headers.get("Cookie"), name)

    @property
    def cookies(self) -> Cookies:
        """Names and makes the cookies of this site."""
        return self._site.cookies

    def csrf_token(self) -> str:
        """The token for the forms of this page; without a session it is remembered in a cookie."""
        if self._csrf is None:
            token = self.expected_csrf()
            if token is None:
                token = new_token()
                cookies = self._site.cookies
                self.cookies_to_set.append(cookies.make(cookies.csrf, token))
            self._csrf = mask(token)
        return self._csrf

    def expected_csrf(self) -> str | None:
        """The token that a form must bring; None where no form of ours was ever shown."""
        if self.principal is not None and self.principal.csrf:
            return self.principal.csrf
        return self.cookie(self._site.cookies.csrf) or None

    @property
    def uploads(self) -> dict[str, Upload]:
        """The files of a multipart form by the plain name of their field."""
        return {name: value for name, value in self.form if isinstance(value, Upload)}

    def close(self) -> None:
        """Removes what the request left in temporary files."""
        if self.form:
            discard_uploads(self.form)


class Site:
    """What requests know about their site."""

    __slots__ = ("certificates", "cookies", "language", "languages", "origin")

    def __init__(
        self,
        origin: str,
        language: str,
        languages: tuple[str, ...],
        certificates: ShownCertificates | None = None,
    ) -> None:
        """``certificates``: how client certificates are found, None where nobody is asked."""
        self.certificates = certificates
        self.origin = origin
        self.language = language
        self.languages = languages
        self.cookies = Cookies(origin)
