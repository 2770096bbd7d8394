"""Pages: what I say about my work and for whom; somebody's card with vCard and QR code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, Final

from markupsafe import Markup

from fedrse.features.accounts.model import Account
from fedrse.features.profiles.model import FIELDS, Card, Level, Visibility
from fedrse.features.profiles.model_confirmations import About
from fedrse.features.profiles.model_input import LONGEST, read_card, read_visibility, write_card
from fedrse.features.profiles.model_vcard import MEDIA_TYPE, write_vcard
from fedrse.features.profiles.service import Profiles
from fedrse.features.profiles.service_confirmations import Confirmations
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person

PATH: Final = "/settings/card"
Refresh = Callable[[int], Awaitable[None]]

_BY_LINES = translatable("One per line.")
# Name, whether it has several lines, label, hint.
FORM: Final = (
    ("function", False, translatable("Function"), ""),
    ("unit", False, translatable("Unit"), translatable("Who names the same unit belongs to it.")),
    ("site", False, translatable("Site"), ""),
    ("manager", False, translatable("Manager"), translatable("As @name@site.")),
    ("mail", False, translatable("E-mail address"), ""),
    ("phones", True, translatable("Telephone"), _BY_LINES),
    ("room", False, translatable("Room"), ""),
    ("hours", False, translatable("Hours"), translatable("When you can be reached.")),
    ("languages", True, translatable("Languages"), _BY_LINES),
    (
        "expertise",
        True,
        translatable("Expertise"),
        translatable("One per line, with years of practice: Welding, 12"),
    ),
    (
        "career",
        True,
        translatable("Career"),
        translatable("One per line, with its years: 2015-2020 Foreman in Nantes"),
    ),
    ("projects", True, translatable("Projects"), _BY_LINES),
)
LEVELS: Final = (
    (Level.ME, translatable("Only me")),
    (Level.UNIT, translatable("My unit")),
    (Level.SITE, translatable("My site")),
    (Level.SITES, translatable("My site and chosen sites")),
    (Level.NETWORK, translatable("All sites of the network")),
)
_WRONG: Final[Mapping[str, str]] = {
    "too_long": translatable("A line is too long: at most 120 characters."),
    "too_many": translatable("These are too many lines: at most 20."),
    "not_mail": translatable("This is not an e-mail address."),
    "not_phone": translatable("A number has digits, and a + before the country code."),
    "not_handle": translatable("An address in this network looks like @name@site."),
    "not_years": translatable("So many years of practice are not possible."),
    "not_station": translatable("Each line begins with a year or two: 2015-2020 Foreman in Nantes"),
    "manager_unknown": translatable("Nobody with this address is known here."),
}


class CardPages:
    """Draws and saves."""

    def __init__(
        self,
        *,
        database: Database,
        profiles: Profiles,
        confirmations: Confirmations,
        renderer: Renderer,
        me: Me,
        refresh: Refresh,
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._confirmations = confirmations
        self._renderer = renderer
        self._me = me
        self._refresh = refresh

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, user = Surface.PAGE, Auth.USER
        return [
            Route("GET", PATH, self.edit, page, user),
            Route("POST", PATH, self.save, page, user),
            Route("GET", "/people/{id}/card", self.card, page, user),
            Route("GET", "/people/{id}/card.vcf", self.vcard, page, user),
        ]

    # One's own

    async def edit(self, request: Request) -> Reply:
        """``GET /settings/card``."""
        profile = await self._database.read(self._profiles.own, request.require_viewer())
        rules = {name: profile.rule(name) for name in FIELDS}
        return await self._form(request, write_card(profile.card), rules, {})

    async def save(self, request: Request) -> Reply:
        """``POST /settings/card``."""
        viewer = request.require_viewer()
        typed = {name: request.text(name) or "" for name in FIELDS}
        card, errors = read_card(typed)
        rules = read_visibility(_chosen(request), frozenset(self._profiles.peers))
        if not errors:
            if await self._database.write(self._profiles.save, viewer, card, rules):
                return redirect(f"{PATH}?saved=1")
            errors = {"manager": "manager_unknown"}
        return await self._form(request, typed, rules, errors)

    async def _form(
        self,
        request: Request,
        typed: Mapping[str, str],
        rules: Mapping[str, Visibility],
        errors: Mapping[str, str],
    ) -> Reply:
        viewer = await self._database.read(self._me, request.require_viewer())
        return self._renderer.render(
            request,
            "profiles/edit.html",
            status=422 if errors else 200,
            viewer=viewer,
            path=PATH,
            fields=FORM,
            levels=LEVELS,
            peers=self._profiles.peers,
            typed=typed,
            rules=rules,
            errors={name: _WRONG[code] for name, code in errors.items()},
            longest=LONGEST,
            saved=not errors and request.text("saved") is not None,
        )

    # Somebody's

    async def about(self, viewer: int, account_id: int) -> About:
        """What the profile page shows of somebody. Raises NotFound."""
        await self._refresh(account_id)
        return await self._database.read(self._confirmations.about, viewer, account_id)

    async def card(self, request: Request) -> Reply:
        """``GET /people/{id}/card``: to take along."""
        viewer, account_id = request.require_viewer(), request.path_id()
        await self._refresh(account_id)

        async def unit(tx: Transaction) -> tuple[Account, About, Person, Person]:
            account, _card = await self._profiles.access_card(tx, viewer, account_id)
            about = await self._confirmations.about(tx, viewer, account_id)
            return account, about, await self._me(tx, account.id), await self._me(tx, viewer)

        account, about, person, me = await self._database.read(unit)
        return self._renderer.render(
            request,
            "profiles/card.html",
            viewer=me,
            person=person,
            card=about.card,
            manager=about.manager,
            download=f"/people/{account.id}/card.vcf",
            qr_code=_drawn(_vcard(account, about.card, brief=True)),
        )

    async def vcard(self, request: Request) -> Reply:
        """``GET /people/{id}/card.vcf``."""
        viewer, account_id = request.require_viewer(), request.path_id()
        await self._refresh(account_id)
        read = self._profiles.access_card
        account, card = await self._database.read(read, viewer, account_id)
        headers = {
            "Content-Disposition": f'attachment; filename="{_file_name(account)}.vcf"',
            "Cache-Control": "private, no-store",
        }
        return Reply(_vcard(account, card).encode(), media_type=MEDIA_TYPE, headers=headers)


def _chosen(request: Request) -> dict[str, tuple[str, list[str]]]:
    chosen = {}
    for name in FIELDS:
        hosts: Any = request.params.get(f"{name}_hosts")
        several = [str(one) for one in hosts] if isinstance(hosts, list) else []
        chosen[name] = (request.text(f"{name}_level") or "", several)
    return chosen


def _vcard(account: Account, card: Card, *, brief: bool = False) -> str:
    name = account.display_name or account.username
    return write_vcard(
        card, name=name, uri=account.uri, page=account.url or account.uri, brief=brief
    )


def _file_name(account: Account) -> str:
    return "".join(
        one for one in account.username if one.isascii() and (one.isalnum() or one in "_-")
    )


def _drawn(text: str) -> Markup:
    """A QR code as SVG without styles, which the policy of pages would refuse."""
    library: Any = import_module("segno")
    drawn = library.make(text, error="l", micro=False, encoding="utf-8").svg_inline(
        scale=4, border=4, light="#fff", svgclass=None, lineclass=None, svgversion=2.0
    )
    return Markup(drawn)  # noqa: S704  (made here, of nothing but numbers)
