"""The request of an application to act for somebody (RFC 6749, section 4.1.1; RFC 7636)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from fedrse.core.errors import FedrseError
from fedrse.features.access.model_oauth import (
    OUT_OF_BAND,
    OAuthApp,
    OAuthProblem,
    answer_address,
    check_challenge,
    form_target,
    invalid_scope,
    missing_parameter,
)
from fedrse.features.access.model_scopes import UnknownScope, parse_scopes, require_subset
from fedrse.web.languages import translatable

PATH = "/oauth/authorize"
LONGEST_NEXT = 4096
_NAMES = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "lang",
)


class NotForUs(FedrseError):
    """Nobody may be redirected: the application or the address it names is not registered.

    The messages are shown on a page and are in the catalogues.
    """

    status = 400


class AuthorizationRequest(Struct, frozen=True):
    """What the application asks, as it came; empty values are None."""

    values: Mapping[str, str]
    force_login: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> AuthorizationRequest:
        """Reads query or form parameters; whatever is not text is taken as absent."""
        values = {name: parameters.get(name) for name in _NAMES}
        force = str(parameters.get("force_login") or "").lower()
        return cls(
            {name: value for name, value in values.items() if isinstance(value, str) and value},
            force in ("true", "1", "on", "yes"),
        )

    @classmethod
    def of_path(cls, path: str) -> AuthorizationRequest | None:
        """The request in an address of this site; None for any other address."""
        address, _, query = path.partition("?")
        return cls.of(dict(parse_qsl(query))) if address.rstrip("/") == PATH else None

    def get(self, name: str) -> str | None:
        """A parameter, None where it is missing or empty."""
        return self.values.get(name)

    @property
    def path(self) -> str:
        """The address of this request, for coming back after login; without ``force_login``."""
        return f"{PATH}?{urlencode(self.values)}"

    @property
    def is_out_of_band(self) -> bool:
        """The code is to be shown to the person."""
        return self.get("redirect_uri") == OUT_OF_BAND

    def check_address(self, app: OAuthApp | None) -> OAuthApp:
        """The application, if it exists and the answer goes to an address it registered.

        Nothing else may be looked at before, and nobody redirected. Raises NotForUs.
        """
        if app is None:
            raise NotForUs(
                "client_unknown",
                translatable(
                    "This application is not known here. Open it again and sign in from the"
                    " beginning."
                ),
            )
        # Compared as text, whole: any tolerance lets codes go astray (RFC 9700, section 4.1.3).
        if self.get("redirect_uri") not in app.redirect_uris:
            raise NotForUs(
                "redirect_uri_unknown",
                translatable(
                    "The application wants the answer sent to an address that it has not"
                    " registered. To protect you, nothing was sent."
                ),
            )
        return app

    def check(self, app: OAuthApp) -> tuple[str, ...]:
        """The scopes asked for. Raises OAuthProblem for a request that cannot be granted."""
        response_type = self.get("response_type")
        if response_type is None:
            raise missing_parameter("response_type")
        if response_type != "code":
            raise OAuthProblem(
                "unsupported_response_type",
                "The authorization server does not support this response type.",
            )
        self.challenge()
        try:
            scopes = parse_scopes(self.get("scope"))
            require_subset(scopes, app.scopes)
        except UnknownScope as error:
            raise invalid_scope() from error
        return scopes

    def challenge(self) -> str | None:
        """The PKCE challenge. Raises OAuthProblem."""
        return check_challenge(self.get("code_challenge"), self.get("code_challenge_method"))

    def answer(self, **parameters: str) -> str:
        """Where to send the person with this answer; only after ``check_address``."""
        return answer_address(
            self.values["redirect_uri"], [*parameters.items(), ("state", self.get("state"))]
        )

    def form_targets(self) -> tuple[str, ...]:
        """CSP sources for forms that end in a redirect to the application."""
        target = form_target(self.values["redirect_uri"])
        return ("'self'",) if target is None else ("'self'", target)


def safe_next(text: str | None) -> str:
    """Where to go after login: a path of this site, ``/`` for anything else.

    ``//host`` and ``/\\host`` are other sites to a browser, and control characters are dropped by
    some before they look.
    """
    if not text or not text.startswith("/") or len(text) > LONGEST_NEXT:
        return "/"
    if text[1:2] in ("/", "\\") or not text.isprintable() or "\\" in text.partition("?")[0]:
        return "/"
    return text
