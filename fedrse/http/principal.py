"""Who is asking: the principal behind a token or a session, and what it may do.

Looking tokens and sessions up is the business of a feature; the frame only knows the protocol.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache

from msgspec import Struct

from fedrse.core.ports import Protocol

LEGACY_FOLLOW = frozenset(
    {"read:blocks", "write:blocks", "read:follows", "write:follows", "read:mutes", "write:mutes"}
)


class Held(IntEnum):
    """How far those in charge of this site hold somebody back.

    FROZEN: looks and does nothing. SUSPENDED: sees nothing but what was decided.
    """

    FREE = 0
    FROZEN = 1
    SUSPENDED = 2


class Principal(Struct, frozen=True, kw_only=True):
    """The holder of a valid token or session.

    ``account_id`` is None for the token of an application without a person. ``csrf`` is the secret
    that forms of this session carry, empty for tokens. ``locale`` is a BCP 47 tag or None.
    Of a session, ``time_zone`` is a name of the tz database and ``look`` how pages appear.
    ``pending`` is what keeps a newcomer out who has no account yet: the sentence for programs;
    ``registration_id`` names what waits. ``credential`` names the token or session where it is
    announced that it has ended. ``rights`` are names of ``http.rights.Right``.
    """

    account_id: int | None = None
    scopes: frozenset[str] = frozenset()
    app_id: int | None = None
    session_id: int | None = None
    csrf: str = ""
    locale: str | None = None
    time_zone: str | None = None
    look: str = ""
    pending: str = ""
    registration_id: int | None = None
    credential: str = ""
    rights: frozenset[str] = frozenset()
    held: Held = Held.FREE


class Authenticator(Protocol):
    """Resolves credentials; called on every request that shows some, so answers must be cheap."""

    async def bearer(self, token: str) -> Principal | None:
        """The principal of an access token; None where unknown, expired or revoked."""

    async def session(self, cookie: str) -> Principal | None:
        """The principal of a session cookie; None where unknown or ended."""


class NobodyKnown:
    """An authenticator that knows nobody: for applications without accounts, and for tests."""

    async def bearer(self, token: str) -> Principal | None:
        return None

    async def session(self, cookie: str) -> Principal | None:
        return None


@lru_cache(maxsize=4096)
def scope_allows(granted: frozenset[str], needed: str) -> bool:
    """Whether the granted OAuth scopes include the needed one.

    A broad scope implies its children: ``read`` allows ``read:statuses``, ``admin:read`` allows
    ``admin:read:accounts``; ``admin:*`` is never implied by ``read`` or ``write``. ``follow`` is
    the old name of a group of scopes.
    """
    if needed in granted:
        return True
    if needed in LEGACY_FOLLOW and "follow" in granted:
        return True
    broader = needed
    while ":" in broader:
        broader = broader.rpartition(":")[0]
        if broader in granted:
            return True
    return False


@lru_cache(maxsize=4096)
def any_scope_allows(granted: frozenset[str], needed: tuple[str, ...]) -> bool:
    """Whether one of the needed scopes is allowed; no needed scope is allowed to every token."""
    return not needed or any(scope_allows(granted, scope) for scope in needed)
