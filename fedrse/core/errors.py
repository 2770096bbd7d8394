"""Errors with a stable code, a sentence for people and details for the log.

Every surface (client API, pages, ActivityPub) turns these into its own shape; the status is the
HTTP status that fits on all of them.
"""

from __future__ import annotations


class FedrseError(Exception):
    """Base of all expected failures.

    ``code`` is stable and machine-readable (``follow_self``), ``message`` is a sentence that tells
    the person what is wrong and what to do, ``details`` go to the log only.
    """

    status = 500

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, {self.message!r})"


class BadRequest(FedrseError):
    """The request cannot be read at all (malformed JSON, wrong type)."""

    status = 400


class Unauthenticated(FedrseError):
    """Who is asking is not known: no token, no or wrong signature."""

    status = 401


class Forbidden(FedrseError):
    """Known, and not allowed."""

    status = 403


class NotFound(FedrseError):
    """Missing, or not for this viewer: the two look the same on purpose."""

    status = 404

    def __init__(
        self, code: str = "not_found", message: str = "Record not found", **details: object
    ) -> None:
        super().__init__(code, message, **details)


class NotAcceptable(FedrseError):
    """A media type that this address does not have."""

    status = 406


class Conflict(FedrseError):
    """The state changed in between or does not permit this."""

    status = 409


class Gone(FedrseError):
    """Deleted for good."""

    status = 410


class TooLarge(FedrseError):
    """More bytes, items or depth than the limit."""

    status = 413


class UnsupportedMedia(FedrseError):
    """A body or file of a type that is not accepted."""

    status = 415


class Invalid(FedrseError):
    """Readable, but not valid (empty post, unknown option, too long)."""

    status = 422


class TooMany(FedrseError):
    """A rate limit or quota; ``retry_after`` in seconds."""

    status = 429

    def __init__(self, code: str, message: str, *, retry_after: int, **details: object) -> None:
        super().__init__(code, message, **details)
        self.retry_after = retry_after


class Misconfigured(FedrseError, ValueError):
    """What the settings name cannot be used: a file, an address to listen on."""


class Unavailable(FedrseError):
    """Something this depends on does not answer now."""

    status = 503
