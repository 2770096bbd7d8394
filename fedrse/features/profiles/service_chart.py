"""Who has a place in the organisation chart, as far as the viewer may know."""

from __future__ import annotations

from typing import Final

from fedrse.features.accounts.model_handles import Handle, parse_handle
from fedrse.features.accounts.service import Accounts
from fedrse.features.profiles.model_chart import Placed
from fedrse.features.profiles.service import Profiles
from fedrse.store.database import Transaction

MOST_MANAGERS: Final = 500


class Chart:
    """Reads cards only: nothing is kept for it."""

    def __init__(self, *, accounts: Accounts, profiles: Profiles) -> None:
        self._accounts = accounts
        self._profiles = profiles

    async def people(self, tx: Transaction, viewer: int) -> list[Placed]:
        """Everybody of this site, people of other sites whose card is known, and their managers."""
        found = [
            *await self._profiles.colleagues(tx, viewer),
            *await self._profiles.known_elsewhere(tx, viewer),
        ]
        people = {
            one.handle.casefold(): Placed(one.handle, one.called, one.account_id, one.card)
            for one in found
        }
        named = {one.card.manager for one in found if one.card.manager.casefold() not in people}
        handles = [handle for text in named if (handle := parse_handle(text)) is not None]
        wanted: list[Handle] = handles[:MOST_MANAGERS]
        for handle, account in (await self._accounts.by_handles(tx, wanted)).items():
            text = f"{handle.username}@{handle.domain}"
            if not account.is_gone:
                name = account.display_name or account.username
                people[text.casefold()] = Placed(text, name, account.id)
        return list(people.values())
