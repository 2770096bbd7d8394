"""Headers that every answer of a surface carries: security, caching, CORS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from multidict import CIMultiDict, istr

from fedrse.http.reply import HTML, JSON
from fedrse.http.routes import Surface

SERVER = "fedrse"

# Names as istr: looking them up costs a third of what a plain string costs.
AUTHORIZATION = istr("Authorization")
CONTENT_TYPE = istr("Content-Type")
FORWARDED_FOR = istr("X-Forwarded-For")
LIMIT_LIMIT = istr("X-RateLimit-Limit")
LIMIT_REMAINING = istr("X-RateLimit-Remaining")
LIMIT_RESET = istr("X-RateLimit-Reset")
REQUEST_ID = istr("X-Request-Id")

CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# Libraries add headers of their own, such as User-Agent; * does not mean Authorization (Fetch
# standard, section 4.8).
CORS_ACCEPTED = (
    "*, Accept, Accept-Language, Authorization, Cache-Control, Content-Type, Idempotency-Key,"
    " If-None-Match, X-Requested-With"
)
CORS_EXPOSED = (
    "Link, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset,"
    " X-Request-Id, Mastodon-Async-Refresh"
)

PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": CORS_METHODS,
    "Access-Control-Allow-Headers": CORS_ACCEPTED,
    "Access-Control-Max-Age": "86400",
}

PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_MEDIA_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox;"
    " frame-ancestors 'none'"
)
_YEAR = 31_536_000


def page_policy(
    *, media_origin: str | None = None, form_targets: Sequence[str] = ("'self'",)
) -> str:
    """The Content-Security-Policy of a page: nothing inline, nothing from elsewhere.

    ``form_targets`` says where forms of the page may lead, redirects after them included: a
    consent page adds the origin or scheme of the application.
    """
    media = f"'self' {media_origin}" if media_origin else "'self'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {media}",
            f"media-src {media}",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            f"form-action {' '.join(form_targets)}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def surface_headers(
    *, secure: bool, media_origin: str | None = None
) -> dict[Surface, CIMultiDict[str]]:
    """The headers of each surface; ``secure`` adds HSTS, ``media_origin`` is a separate one."""
    common = {"Server": SERVER, "X-Content-Type-Options": "nosniff"}
    if secure:
        common["Strict-Transport-Security"] = f"max-age={_YEAR}"
    private = {"Cache-Control": "private, no-store"}
    cors = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": CORS_EXPOSED,
    }
    data = {"Content-Type": JSON, "Content-Security-Policy": _DATA_POLICY}
    plain = {
        Surface.API: {**common, **data, **private, **cors},
        Surface.ACTIVITYPUB: {**common, **data, **private},
        Surface.WELLKNOWN: {**common, **data, **cors, "Cache-Control": "no-cache"},
        Surface.MEDIA: {
            **common,
            **cors,
            "Content-Type": "application/octet-stream",
            "Content-Security-Policy": _MEDIA_POLICY,
            "Cache-Control": "private, no-cache",
        },
        Surface.PAGE: {
            **common,
            **private,
            "Content-Type": HTML,
            "Content-Security-Policy": page_policy(media_origin=media_origin),
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": PERMISSIONS,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    }
    return {
        surface: CIMultiDict((istr(name), value) for name, value in headers.items())
        for surface, headers in plain.items()
    }
