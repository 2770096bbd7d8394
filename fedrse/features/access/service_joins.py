"""Tables of this feature that higher features may join when they read. Never for writing."""

from __future__ import annotations

from fedrse.features.access.tables import (
    invitation,
    login,
    oauth_app,
    oauth_token,
    registration,
    session,
    visit,
)

__all__ = [
    "invitation",
    "login",
    "oauth_app",
    "oauth_token",
    "registration",
    "session",
    "visit",
]
