"""Client API, an extension: cards of people, and one's own with who sees which field."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from fedrse.core.errors import Invalid
from fedrse.features.profiles.model import FIELDS, Card, Profile, Visibility
from fedrse.features.profiles.model_input import read_card, read_visibility, write_card
from fedrse.features.profiles.service import Profiles
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction

Entity = dict[str, Any]
Refresh = Callable[[int], Awaitable[None]]
"""Asks the site of a person again, where that is due; ``jobs_cards.CardFetcher.refresh``."""


class CardsApi:
    """Handlers."""

    def __init__(self, *, database: Database, profiles: Profiles, refresh: Refresh) -> None:
        self._database = database
        self._profiles = profiles
        self._refresh = refresh

    def routes(self) -> list[Route]:
        """The addresses of this interface."""
        api, user = Surface.API, Auth.USER
        path = "/api/v1/profile/card"
        return [
            Route("GET", "/api/v1/accounts/{id}/card", self.show, api, user, ("read:accounts",)),
            Route("GET", path, self.own, api, user, ("read:accounts",)),
            Route("PUT", path, self.save, api, user, ("write:accounts",)),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /api/v1/accounts/:id/card``: the fields that the viewer may see."""
        viewer, account_id = request.require_viewer(), request.path_id()
        await self._refresh(account_id)
        _, card = await self._database.read(self._profiles.access_card, viewer, account_id)
        return json_reply(entity(card))

    async def own(self, request: Request) -> Reply:
        """``GET /api/v1/profile/card``: also who sees what."""
        profile = await self._database.read(self._profiles.own, request.require_viewer())
        return json_reply(_own(profile))

    async def save(self, request: Request) -> Reply:
        """``PUT /api/v1/profile/card``: what is not given stays. Raises Invalid.

        Fields as they are typed on the page, lists as text by lines or as lists of lines;
        ``visibility`` maps fields to a level, or to ``{level, hosts}``.
        """
        viewer, params = request.require_viewer(), request.params
        known = frozenset(self._profiles.peers)

        async def unit(tx: Transaction) -> Profile:
            profile = await self._profiles.own(tx, viewer)
            given = {name: _typed(params[name]) for name in FIELDS if name in params}
            card, errors = read_card(write_card(profile.card) | given)
            if errors:
                name, code = next(iter(errors.items()))
                raise Invalid(code, f"Validation failed: {name.title()} is invalid", field=name)
            wishes = params.get("visibility")
            chosen = _chosen(wishes if isinstance(wishes, Mapping) else {})
            rules = {name: profile.rule(name) for name in FIELDS}
            read = read_visibility(chosen, known)
            rules |= {name: read[name] for name in FIELDS if name in chosen}
            if not await self._profiles.save(tx, viewer, card, rules):
                raise Invalid("manager_unknown", "Validation failed: Manager is not known")
            return Profile(card, rules)

        return json_reply(_own(await self._database.write(unit)))


def entity(card: Card) -> Entity:
    """All fields; what is hidden is as empty as what was never said."""
    return {name: msgspec.to_builtins(getattr(card, name)) for name in FIELDS}


def _own(profile: Profile) -> Entity:
    return entity(profile.card) | {
        "visibility": {name: _rule(profile.rule(name)) for name in FIELDS}
    }


def _rule(rule: Visibility) -> Entity:
    return {"level": rule.level.value, "hosts": list(rule.hosts)}


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(one) for one in value)
    return value if isinstance(value, str) else ""


def _chosen(wishes: Mapping[str, Any]) -> dict[str, tuple[str, list[str]]]:
    chosen = {}
    for name, wish in wishes.items():
        if name not in FIELDS:
            raise Invalid("field_unknown", "Validation failed: Visibility is invalid", field=name)
        if isinstance(wish, Mapping):
            hosts = wish.get("hosts")
            level = str(wish.get("level"))
            chosen[name] = (level, list(map(str, hosts)) if isinstance(hosts, list) else [])
        else:
            chosen[name] = (str(wish), [])
    return chosen
