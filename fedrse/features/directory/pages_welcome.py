"""Pages of the first steps: who I am at work, whom and what I follow, what may disturb me."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from fedrse.core.errors import FedrseError
from fedrse.core.ids import parse_id
from fedrse.core.ports import Protocol
from fedrse.core.text import count_characters
from fedrse.features.accounts.service import Accounts, ProfileChanges
from fedrse.features.accounts.service_texts import LONGEST_NAME
from fedrse.features.directory.model_welcome import STEPS, Proposal, propose, topics
from fedrse.features.directory.service import Directory
from fedrse.features.directory.service_welcome import PATH, Welcome
from fedrse.features.profiles.model import FIELDS
from fedrse.features.profiles.model_input import read_card, write_card
from fedrse.features.profiles.model_search import Found
from fedrse.features.profiles.service import Profiles
from fedrse.features.relationships.service import Relationships
from fedrse.features.tags.service import Tags
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

_OWN: Final = ("function", "unit", "site", "expertise")
_SUGGESTED: Final = 12
_WRONG: Final[Mapping[str, str]] = {
    "name": translatable("A name has at most 30 characters."),
    "too_long": translatable("A line is too long: at most 120 characters."),
    "too_many": translatable("These are too many lines: at most 20."),
    "not_years": translatable("So many years of practice are not possible."),
}
REASONS: Final[Mapping[str, str]] = {
    "unit": translatable("in your unit"),
    "skill": translatable("knows the same"),
    "site": translatable("at your site"),
    "many": translatable("followed by many here"),
}
Rising = Callable[[Transaction, int], Awaitable[list[str]]]
"""Tags that many write about, so many at most; implemented by the feature ``trends``."""


class Alerts(Protocol):
    """Whose notifications reach somebody at once; implemented by ``notifications``."""

    async def __call__(self, tx: Transaction, account_id: int, *, calm: bool) -> None:
        """``calm``: only of people whom they follow; the others wait."""


class WelcomePages:
    """``/welcome``."""

    def __init__(
        self,
        *,
        database: Database,
        welcome: Welcome,
        accounts: Accounts,
        profiles: Profiles,
        relationships: Relationships,
        tags: Tags,
        rising: Rising,
        alerts: Alerts,
        renderer: Renderer,
        me: Me,
    ) -> None:
        self._database = database
        self._welcome = welcome
        self._accounts = accounts
        self._profiles = profiles
        self._relationships = relationships
        self._tags = tags
        self._rising = rising
        self._alerts = alerts
        self._directory = Directory()
        self._renderer = renderer
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.start, page, user),
            Route("GET", f"{PATH}/profile", self.profile, page, user),
            Route("POST", f"{PATH}/profile", self.save_profile, page, user),
            Route("GET", f"{PATH}/people", self.people, page, user),
            Route("POST", f"{PATH}/people", self.follow, page, user),
            Route("GET", f"{PATH}/alerts", self.alerts, page, user),
            Route("POST", f"{PATH}/alerts", self.choose, page, user),
        ]

    async def start(self, request: Request) -> Reply:
        """``GET /welcome``: on to the step that comes next, or home."""
        path = await self._database.read(self._welcome.path, request.require_viewer())
        return redirect(path or "/", status=302)

    # Who I am at work

    async def profile(self, request: Request) -> Reply:
        """``GET /welcome/profile``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> dict[str, str]:
            account = await self._accounts.access_account(tx, viewer, viewer)
            card = write_card((await self._profiles.own(tx, viewer)).card)
            return {"display_name": account.display_name} | {name: card[name] for name in _OWN}

        return await self._draw_profile(request, await self._database.read(unit), {})

    async def save_profile(self, request: Request) -> Reply:
        """``POST /welcome/profile``: the rest of the card stays as it is."""
        viewer = request.require_viewer()
        typed = {name: request.text(name) or "" for name in ("display_name", *_OWN)}
        if request.text("skip"):
            return await self._go_on(request, 1)
        profile = await self._database.read(self._profiles.own, viewer)
        card, wrong = read_card(write_card(profile.card) | {name: typed[name] for name in _OWN})
        if count_characters(typed["display_name"]) > LONGEST_NAME:
            wrong["display_name"] = "name"
        if wrong:
            return await self._draw_profile(request, typed, wrong)
        rules = {name: profile.rule(name) for name in FIELDS}

        async def unit(tx: Transaction) -> None:
            changes = ProfileChanges(display_name=typed["display_name"])
            await self._accounts.update_profile(tx, viewer, changes)
            await self._profiles.save(tx, viewer, card, rules)

        await self._database.write(unit)
        return await self._go_on(request, 1)

    async def _draw_profile(
        self, request: Request, typed: Mapping[str, str], wrong: Mapping[str, str]
    ) -> Reply:
        errors = {name: _WRONG.get(code, _WRONG["too_long"]) for name, code in wrong.items()}
        return await self._draw(request, 0, status=422 if wrong else 200, typed=typed, wrong=errors)

    # Whom and what I follow

    async def people(self, request: Request) -> Reply:
        """``GET /welcome/people``."""
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[list[Proposal], list[str], dict[int, Any]]:
            colleagues = await self._profiles.colleagues(tx, viewer)
            me = next((one for one in colleagues if one.account_id == viewer), None)
            mine = me or Found(viewer, "", (await self._profiles.own(tx, viewer)).card)
            known = frozenset({viewer, *await self._relationships.followed_ids(tx, viewer)})
            suggested = await self._directory.suggestions(tx, viewer, _SUGGESTED)
            others = [one.account_id for one in suggested]
            elsewhere = await self._profiles.known_elsewhere(tx, viewer)
            found = propose(mine, [*colleagues, *elsewhere], known=known, others=others)
            names = topics(mine.card, await self._rising(tx, _SUGGESTED))
            ids = [one.account_id for one in found]
            return found, names, await self._accounts.entities(tx, ids)

        found, names, entities = await self._database.read(unit)
        proposals = [
            (self._renderer.faces.person(entities[one.account_id]), one)
            for one in found
            if one.account_id in entities
        ]
        return await self._draw(request, 1, proposals=proposals, reasons=REASONS, topics=names)

    async def follow(self, request: Request) -> Reply:
        """``POST /welcome/people``: follows what was chosen; who cannot be followed is left out."""
        viewer = request.require_viewer()
        if not request.text("skip"):
            for text in _several(request, "person")[:_SUGGESTED]:
                other = parse_id(text)
                if other is not None:
                    await self._try(self._follow_person, viewer, other)
            for text in _several(request, "topic")[:_SUGGESTED]:
                await self._try(self._tags.follow, viewer, text[:200])
        return await self._go_on(request, 2)

    async def _try(self, act: Callable[..., Awaitable[object]], viewer: int, what: object) -> None:
        async def unit(tx: Transaction) -> None:
            await act(tx, viewer, what)

        try:
            await self._database.write(unit)
        except FedrseError:
            return  # gone, blocked or no tag: the others count

    async def _follow_person(self, tx: Transaction, viewer: int, other: int) -> None:
        me = await self._accounts.access_account(tx, viewer, viewer)
        whom = await self._accounts.access_account(tx, viewer, other)
        await self._relationships.follow(tx, me, whom)

    # What may disturb me

    async def alerts(self, request: Request) -> Reply:
        """``GET /welcome/alerts``."""
        return await self._draw(request, 2)

    async def choose(self, request: Request) -> Reply:
        """``POST /welcome/alerts``."""
        viewer, wish = request.require_viewer(), request.text("who")

        async def unit(tx: Transaction) -> None:
            if wish in {"all", "followed"} and not request.text("skip"):
                await self._alerts(tx, viewer, calm=wish == "followed")

        await self._database.write(unit)
        return await self._go_on(request, 3)

    # All

    async def _go_on(self, request: Request, step: int) -> Reply:
        await self._database.write(self._welcome.reach, request.require_viewer(), step)
        return redirect(f"{PATH}/{STEPS[step]}" if step < len(STEPS) else "/")

    async def _draw(self, request: Request, step: int, *, status: int = 200, **more: Any) -> Reply:
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> tuple[int, Person]:
            return await self._welcome.step(tx, viewer), await self._me(tx, viewer)

        reached, me = await self._database.read(unit)
        if reached >= len(STEPS):
            return redirect("/", status=302)
        return self._renderer.render(
            request,
            f"directory/welcome_{STEPS[step]}.html",
            status=status,
            viewer=me,
            path=f"{PATH}/{STEPS[step]}",
            step=step + 1,
            steps=len(STEPS),
            **more,
        )


def _several(request: Request, name: str) -> list[str]:
    found = request.params.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
