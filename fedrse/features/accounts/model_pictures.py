"""Addresses of avatars and headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fedrse.features.accounts.model import Account

MEDIA_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}


class Pictures:
    """Where the pictures of accounts are.

    ``local(key)`` is the address of a stored file, ``remote(address)`` what browsers of this site
    are told for a picture of another site (a proxy, or the address itself). ``avatar`` and
    ``header`` are shown for those who have none.
    """

    def __init__(
        self,
        *,
        local: Callable[[str], str],
        remote: Callable[[str], str] = str,
        avatar: str,
        header: str,
    ) -> None:
        self._local = local
        self._remote = remote
        self._no_avatar = avatar
        self._no_header = header

    def avatar(self, account: Account) -> str:
        """For apps and browsers."""
        return self._address(account, account.avatar) or self._no_avatar

    def header(self, account: Account) -> str:
        """For apps and browsers."""
        return self._address(account, account.header) or self._no_header

    def emojis(self, account: Account) -> list[Any]:
        """Custom emoji in the texts of an account; those of other sites are shown by this one."""
        if account.local:
            return account.emojis
        return [
            one | {name: self._remote(one[name]) for name in ("url", "static_url") if name in one}
            for one in account.emojis
        ]

    def published(self, key: str) -> str:
        """For other sites: a file of this site."""
        return self._local(key)

    def _address(self, account: Account, stored: str | None) -> str | None:
        if stored is None or account.is_gone:
            return None
        return self._local(stored) if account.local else self._remote(stored)


def media_type_of(key: str) -> str | None:
    """The media type that the ending of a key says."""
    return MEDIA_TYPES.get(key.rpartition(".")[2])
