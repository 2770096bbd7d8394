"""Draws people: the same name, handle and picture of somebody on every page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fedrse.core.settings import Settings
from fedrse.web.views import Person


def face_of(account: Mapping[str, Any]) -> tuple[object, ...]:
    """All that ``Faces.person`` shows of somebody, and who it is."""
    return (
        account["id"],
        account["display_name"],
        account["username"],
        account["acct"],
        account["avatar"],
        account["bot"],
    )


class Faces:
    """Turns ``Account`` entities of the client API into what cards and lists show."""

    def __init__(self, settings: Settings) -> None:
        media = settings.media.base_url
        self._own_domain = settings.handle_domain
        self._own_addresses = tuple(
            f"{place.rstrip('/')}/" for place in (settings.origin, media) if place
        )

    def person(self, account: Mapping[str, Any]) -> Person:
        """Somebody; a picture of another site is left out, as showing it would tell who reads."""
        acct = str(account["acct"])
        avatar = account["avatar"] if self.is_ours(account["avatar"]) else None
        return Person(
            name=account["display_name"] or account["username"],
            handle=f"@{acct}" if "@" in acct else f"@{acct}@{self._own_domain}",
            path=f"/@{acct}",
            # Initials say more than the picture of people who have none.
            avatar=None if avatar is None or "/static/" in avatar else avatar,
            is_bot=account["bot"],
        )

    def is_ours(self, address: str | None) -> bool:
        """Whether an address leads to this site, or to the separate origin of its media."""
        return address is not None and address.startswith(self._own_addresses)
