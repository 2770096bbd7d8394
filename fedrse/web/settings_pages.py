"""``/settings``: what a person can change, by sections, and how pages appear to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import available_timezones

from msgspec import Struct

from fedrse.core.clock import Clock
from fedrse.core.ports import Protocol
from fedrse.http.principal import Held
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.formats import find_zone
from fedrse.web.languages import NAMES, translatable
from fedrse.web.look import Look, read_look
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me

PATH = "/settings"
APPEARANCE = f"{PATH}/appearance"
_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe",
            "Indian", "Pacific")  # fmt: skip
_ZONE_UNKNOWN = translatable("This time zone is not known.")
_LANGUAGE_UNKNOWN = translatable("This language does not exist here.")


class SettingsSection(Struct, frozen=True, kw_only=True):
    """A row of the list; ``title`` and ``hint`` are marked ``translatable``."""

    path: str
    title: str
    hint: str
    icon: str


class Interface(Protocol):
    """Keeps how pages appear; implemented by ``access.service.Logins``."""

    async def set_interface(
        self, tx: Transaction, account_id: int, *, locale: str, time_zone: str, look: str
    ) -> None: ...


class SettingsPages:
    """The list of sections, and the section about language and appearance."""

    def __init__(
        self,
        *,
        database: Database,
        interface: Interface,
        renderer: Renderer,
        clock: Clock,
        me: Me,
        sections: Sequence[SettingsSection],
    ) -> None:
        self._database = database
        self._interface = interface
        self._renderer = renderer
        self._clock = clock
        self._me = me
        self._sections = (_APPEARANCE, *sections)

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            Route("GET", PATH, self.index, Surface.PAGE, Auth.USER),
            Route("GET", APPEARANCE, self.appearance, Surface.PAGE, Auth.USER),
            Route(
                "POST",
                APPEARANCE,
                self.save_appearance,
                Surface.PAGE,
                Auth.USER,
                open_to=Held.FROZEN,
            ),
        ]

    async def index(self, request: Request) -> Reply:
        """``GET /settings``."""
        return self._renderer.render(
            request,
            "settings.html",
            viewer=await self._database.read(self._me, request.require_viewer()),
            sections=self._sections,
        )

    async def appearance(self, request: Request) -> Reply:
        """``GET /settings/appearance``."""
        principal = request.principal
        look = read_look("" if principal is None else principal.look)
        values = {
            "language": request.language,
            "zone": (principal.time_zone if principal is not None else None) or "UTC",
            **{name: getattr(look, name) for name in look.__struct_fields__},
        }
        saved = request.text("saved") is not None
        return await self._draw(request, values, saved=saved)

    async def save_appearance(self, request: Request) -> Reply:
        """``POST /settings/appearance``."""
        names = ("language", "zone", *Look.__struct_fields__)
        values = {name: request.text(name) or "" for name in names}
        errors = {}
        if values["language"] not in self._renderer.languages.available:
            errors["language"] = _LANGUAGE_UNKNOWN
        if find_zone(values["zone"]) is None:
            errors["zone"] = _ZONE_UNKNOWN
        if errors:
            return await self._draw(request, values, errors=errors)
        words = " ".join(values[name][:20] for name in Look.__struct_fields__)
        await self._database.write(
            self._write, request.require_viewer(), values, read_look(words).words()
        )
        return redirect(f"{APPEARANCE}?saved=1")

    async def _write(
        self, tx: Transaction, viewer: int, values: Mapping[str, str], look: str
    ) -> None:
        await self._interface.set_interface(
            tx, viewer, locale=values["language"], time_zone=values["zone"], look=look
        )

    async def _draw(
        self,
        request: Request,
        values: Mapping[str, str],
        *,
        errors: Mapping[str, str] | None = None,
        saved: bool = False,
    ) -> Reply:
        return self._renderer.render(
            request,
            "appearance.html",
            status=422 if errors else 200,
            viewer=await self._database.read(self._me, request.require_viewer()),
            values=values,
            errors=errors or {},
            saved=saved,
            languages=[
                {"value": tag, "label": NAMES.get(tag, tag)}
                for tag in self._renderer.languages.available
            ],
            zones=_zones(values["zone"]),
            now=self._clock.now(),
        )


_APPEARANCE = SettingsSection(
    path=APPEARANCE,
    title=translatable("Language and appearance"),
    hint=translatable("Language, time zone, light or dark, size of text, pictures and warnings"),
    icon="contrast",
)


def _zones(chosen: str) -> list[tuple[str, str]]:
    """Zones with a place in their name, and the one that is chosen whatever it is."""
    names = {name for name in available_timezones() if name.partition("/")[0] in _REGIONS}
    names |= {"UTC"} | ({chosen} if find_zone(chosen) else set())
    return [(name, name.replace("_", " ")) for name in sorted(names)]
