"""The page of the organisation chart: by managers, or by units."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fedrse.core.errors import NotFound
from fedrse.core.ports import Protocol
from fedrse.features.profiles.model import NOTHING
from fedrse.features.profiles.model_chart import Branch, Placed, branches, everybody, units
from fedrse.features.profiles.service_chart import Chart
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person

PATH: Final = "/people/chart"
MOST_ASKED: Final = 8
"""Managers of other sites whose cards are asked for while the page is opened."""
Refresh = Callable[[int], Awaitable[None]]


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def entities(self, tx: Transaction, ids: Sequence[int]) -> dict[int, dict[str, Any]]: ...


class ChartPage:
    """``/people/chart``."""

    def __init__(
        self,
        *,
        database: Database,
        chart: Chart,
        people: People,
        refresh: Refresh,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._chart = chart
        self._people = people
        self._refresh = refresh
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The address."""
        return [Route("GET", PATH, self.show, Surface.PAGE, Auth.USER)]

    async def show(self, request: Request) -> Reply:
        """``GET /people/chart``; ``top`` is a handle, ``view`` may be ``unit``. Raises NotFound."""
        viewer, top = request.require_viewer(), (request.text("top") or "")[:400]
        people = await self._placed(viewer)
        by_unit = request.text("view") == "unit" and not top
        if by_unit:
            groups = [(name, branches(some, viewer)) for name, some in units(people)]
            alone: list[Branch] = []
        else:
            trees = branches(people, viewer, top=top)
            if top and not trees:
                raise NotFound
            groups = [("", [one for one in trees if one.total or top])]
            alone = [one for one in trees if not one.total and not top]
        shown = [*(tree for _, trees in groups for tree in trees), *alone]
        drawn = list(everybody(shown))
        faces = await self._faces(viewer, drawn)
        me = next((one for one in drawn if one.is_me), None)
        return self._renderer.render(
            request,
            "profiles/chart.html",
            viewer=faces[viewer],
            groups=[group for group in groups if group[1]],
            alone=[(name, some) for name, some in _by_unit(alone)],
            faces=faces,
            by_unit=by_unit,
            top=shown[0] if top else None,
            above=_path(shown[0].placed.card.manager) if top else "",
            team=_team(shown[0]) if top else "",
            has_place=me is not None and (me.placed.card.manager or me.total),
            path_of=_path,
        )

    async def _placed(self, viewer: int) -> list[Placed]:
        """Everybody; managers of other sites are asked for, and their managers."""
        asked: set[int] = set()
        while True:
            people = await self._database.read(self._chart.people, viewer)
            managers = {one.card.manager.casefold() for one in people}
            unknown = [
                one.account_id
                for one in people
                if one.card == NOTHING
                and one.account_id
                and one.account_id not in asked
                and one.key in managers
            ][: MOST_ASKED - len(asked)]
            if not unknown:
                return people
            asked.update(unknown)
            await asyncio.gather(*map(self._refresh, unknown))

    async def _faces(self, viewer: int, drawn: Sequence[Branch]) -> dict[int, Person]:
        ids = [one.placed.account_id for one in drawn if one.placed.account_id]
        entities = await self._database.read(self._people.entities, [*ids, viewer])
        return {key: self._renderer.faces.person(entity) for key, entity in entities.items()}


def _by_unit(alone: Sequence[Branch]) -> list[tuple[str, list[Branch]]]:
    """Those whom nobody names and who name nobody."""
    of = {one.placed.key: one for one in alone}
    return [
        (name, [of[one.key] for one in some]) for name, some in units([one.placed for one in alone])
    ]


def _path(handle: str) -> str:
    return f"{PATH}?{urlencode({'top': handle})}" if handle else PATH


def _team(top: Branch) -> str:
    """Where other sites are asked who else names this manager."""
    return f"/people?{urlencode({'manager': top.placed.handle, 'everywhere': '1'})}"
