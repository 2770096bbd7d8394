"""OAuth 2: values and pure rules (RFC 6749, 7636, 8252, 9700; error words of the Mastodon API)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

from msgspec import Struct

from fedrse.core.clock import MINUTE
from fedrse.core.errors import FedrseError, Invalid
from fedrse.core.urls import BadUrl, split_url

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect address of programs without one: the code is shown to the person."""

CODE_LIFE = 10 * MINUTE
LONGEST_NAME = 120
LONGEST_URI = 2000
MOST_REDIRECT_URIS = 20
# Schemes that a browser runs or opens itself: an address of them is no application.
_DANGEROUS = frozenset(
    {"about", "blob", "chrome", "data", "file", "filesystem", "ftp", "javascript", "vbscript"}
    | {"view-source", "ws", "wss"}
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.IGNORECASE)
_URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")  # RFC 3986, no fragment
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636, section 4.1


class OAuthProblem(FedrseError):
    """An error of the OAuth protocol: ``code`` is the word of the RFC, ``message`` its description.

    The words are those that Mastodon sends, because clients compare them.
    """

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


def invalid_client() -> OAuthProblem:
    """Who asks for a token is not a known application, or its secret is wrong."""
    return OAuthProblem(
        "invalid_client",
        "Client authentication failed due to unknown client, no client authentication included,"
        " or unsupported authentication method.",
        status=401,
    )


def invalid_grant() -> OAuthProblem:
    """The code is unknown, used, too old, of another application, or its proof is wrong."""
    return OAuthProblem(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the"
        " redirection URI used in the authorization request, or was issued to another client.",
    )


def invalid_scope() -> OAuthProblem:
    """A scope that does not exist or that the application did not register."""
    return OAuthProblem("invalid_scope", "The requested scope is invalid, unknown, or malformed.")


def missing_parameter(name: str) -> OAuthProblem:
    """A parameter that has to be there is not."""
    return OAuthProblem("invalid_request", f"Missing required parameter: {name}.")


class OAuthApp(Struct, frozen=True):
    """A registered application; its secret is known to the application only."""

    id: int
    client_id: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]


class IssuedToken(Struct, frozen=True):
    """A token just made: the only time that it is known in clear. ``created_at`` in seconds."""

    token: str
    scopes: tuple[str, ...]
    created_at: int


class AuthorizedApp(Struct, frozen=True):
    """An application that may act for somebody; times in milliseconds."""

    app_id: int
    name: str
    website: str | None
    scopes: tuple[str, ...]
    created_at: int
    last_used_at: int | None


class ClientCredentials(Struct, frozen=True):
    """How an application says who it is."""

    client_id: str
    client_secret: str


def read_redirect_uris(value: Any) -> tuple[str, ...]:
    """The redirect addresses of a registration: text with one per line, or a list.

    Raises Invalid for what no application may be reached at.
    """
    lines = value if isinstance(value, list) else [value]
    texts = [text for line in lines if isinstance(line, str) for text in line.split()]
    if not texts:
        raise Invalid("redirect_uri_missing", "Validation failed: Redirect URI can't be blank")
    uris = tuple(dict.fromkeys(texts))
    if len(uris) > MOST_REDIRECT_URIS:
        raise Invalid(
            "redirect_uri_many",
            f"Validation failed: Redirect URI has more than {MOST_REDIRECT_URIS} entries",
        )
    for uri in uris:
        check_redirect_uri(uri)
    return uris


def check_redirect_uri(uri: str) -> None:
    """Raises Invalid (``redirect_uri_invalid``) for an address that must not get a code.

    Absolute, without fragment; https, http on this machine only (RFC 8252, section 7.3), a
    private-use scheme of a program, or the out-of-band address.
    """
    if uri == OUT_OF_BAND:
        return
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower()
    readable = len(uri) <= LONGEST_URI and _URI_CHARACTERS.fullmatch(uri)
    if not readable or not colon or not rest or not _SCHEME.fullmatch(scheme):
        raise _bad_redirect("must be an absolute URI.")
    if scheme in ("http", "https"):
        try:
            origin = split_url(uri).origin
        except BadUrl as error:
            raise _bad_redirect("must be an absolute URI.") from error
        if scheme == "http" and not origin.is_loopback:
            raise _bad_redirect("must be an HTTPS/SSL URI.")
    elif scheme in _DANGEROUS or scheme == "urn":
        raise _bad_redirect("is forbidden by the server.")


def read_website(value: Any) -> str | None:
    """The home page of an application; None where there is none. Raises Invalid."""
    if not isinstance(value, str) or not value.strip():
        return None
    website = value.strip()
    try:
        split_url(website)
    except BadUrl as error:
        raise Invalid("website_invalid", "Validation failed: Website is not a valid URL") from error
    return website


def read_name(value: Any) -> str:
    """The name of an application, as it is shown on the consent page. Raises Invalid."""
    text = value if isinstance(value, str) else ""
    name = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    if not name:
        raise Invalid("client_name_missing", "Validation failed: Name can't be blank")
    if len(name) > LONGEST_NAME:
        raise Invalid(
            "client_name_long",
            f"Validation failed: Name is too long (maximum is {LONGEST_NAME} characters)",
        )
    return name


def _bad_redirect(reason: str) -> Invalid:
    return Invalid("redirect_uri_invalid", f"Validation failed: Redirect URI {reason}")


def form_target(redirect_uri: str) -> str | None:
    """The CSP source (``form-action``) of a redirect address; None for the out-of-band one.

    Browsers check redirects after a form against it, so the consent page has to name it.
    """
    if redirect_uri == OUT_OF_BAND:
        return None
    parts = urlsplit(redirect_uri)
    if parts.scheme in ("http", "https"):
        return str(split_url(redirect_uri).origin)
    return f"{parts.scheme}:"


def answer_address(redirect_uri: str, parameters: Iterable[tuple[str, str | None]]) -> str:
    """The redirect address with the answer added to the query that it may have already."""
    answer = urlencode([(name, value) for name, value in parameters if value is not None])
    # Text, not urlunsplit: that loses the slashes of "program://", which has no host.
    joint = "" if redirect_uri[-1:] in ("?", "&") else "&" if "?" in redirect_uri else "?"
    return f"{redirect_uri}{joint}{answer}"


def check_challenge(challenge: str | None, method: str | None) -> str | None:
    """The PKCE challenge of an authorisation request, None where there is none (RFC 7636).

    Raises OAuthProblem: only S256 is accepted, ``plain`` (also by default) proves nothing.
    """
    if not challenge and not method:
        return None
    if method != "S256":
        raise OAuthProblem("invalid_request", "The code_challenge_method must be S256.")
    if not challenge or not _CHALLENGE.fullmatch(challenge):
        raise OAuthProblem("invalid_request", "The code challenge is invalid.")
    return challenge


def proves(verifier: str | None, challenge: str | None) -> bool:
    """Whether the verifier belongs to the challenge of the code.

    A verifier for a code without challenge is wrong too: somebody has taken the challenge away
    (RFC 9700, section 2.1.1).
    """
    if not challenge:
        return not verifier
    if not verifier or not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(made, challenge)


def read_basic(header: str | None) -> ClientCredentials | None:
    """The client in an ``Authorization: Basic`` header (RFC 6749, section 2.3.1), if it is one."""
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return None
    client_id, colon, secret = text.partition(":")
    if not colon:
        return None
    return ClientCredentials(unquote_plus(client_id), unquote_plus(secret))
