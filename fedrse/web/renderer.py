"""Draws templates: one Jinja environment per language, the same values for every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fedrse
from fedrse.core.clock import Clock, SystemClock
from fedrse.core.settings import Settings
from fedrse.http.pieces import Piece, PiecedReply
from fedrse.http.reply import Reply, html_reply
from fedrse.http.request import Request
from fedrse.web.assets import Assets
from fedrse.web.faces import Faces
from fedrse.web.formats import Formats, show_times_of
from fedrse.web.languages import Languages
from fedrse.web.look import read_look
from fedrse.web.outlines import FORMS, TARGET, AnyReader, Outline, Outlines, places, plain_piece
from fedrse.web.views import NavigationItem, Person, Post

if TYPE_CHECKING:
    import jinja2

    from fedrse.web.drawn_cards import DrawnCards

SIGN_IN_PATH = "/auth/sign_in"
Counts = Callable[[int], Mapping[str, int]]
"""How much is new for somebody, by the path of an entry of the main menu."""


class Renderer:
    """Renders pages of the interface and of features.

    ``feature_templates`` maps the name of a feature to its folder: ``posts/post.html`` is
    ``post.html`` in that of ``posts``. ``navigation`` is the main menu, and ``counts`` says what
    is new there.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        languages: Languages | None = None,
        assets: Assets | None = None,
        feature_templates: Mapping[str, Path] | None = None,
        navigation: Sequence[NavigationItem] = (),
        clock: Clock | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._counts = counts
        self.languages = languages or Languages()
        self.assets = assets or Assets()
        self.faces = Faces(settings)
        self.clock = clock or SystemClock()
        self._navigation = tuple(navigation)
        self._site = settings.site
        self._feature_templates = feature_templates or {}
        self._environments: dict[str, jinja2.Environment] = {}
        self._anybody = AnyReader()
        self._outlines = Outlines()
        self._lines: dict[str, Piece] = {}

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        viewer: Person | None = None,
        **values: Any,
    ) -> Reply:
        """A page in the language of the request.

        ``viewer`` is the person who looks, for the account menu; ``values`` are the template's.
        Raises jinja2.TemplateError for a template that is wrong.
        """
        environment = self._environment(request.language)
        show_times_of(time_zone_of(request))
        text = environment.get_template(template).render(
            request=request, **self._around(request, viewer), **values
        )
        return html_reply(text, status=status, headers=headers)

    def render_around(
        self,
        request: Request,
        template: str,
        parts: Mapping[str, Sequence[Piece]],
        *,
        viewer: Person | None,
        **values: Any,
    ) -> Reply:
        """``render`` for a page that is asked for all the time: what stands around is remembered.

        ``parts`` are HTML for the places that the template names ``{{ parts.feed }}``. Everything
        else is drawn anew when one of the ``values`` is not what it was the last time this person
        asked; so they are plain values, and of the request the template gets nothing but path,
        target and the secret of forms.
        """
        shown = self._around(request, viewer) | values
        zone = time_zone_of(request)

        def draw() -> Outline:
            anybody = self._anybody.at(request.path)
            show_times_of(zone)
            text = (
                self._environment(request.language)
                .get_template(template)
                .render(request=anybody, parts=places(anybody, parts), **shown)
            )
            names = (*parts, FORMS, TARGET)
            return Outline(text, {name: anybody.place_of(name) for name in names}, shown)

        key = (template, request.path, request.language, request.viewer, zone)
        outline = self._outlines.get(key, shown, draw)
        own = {FORMS: [self.forms_of(request)], TARGET: [plain_piece(request.target)]}
        return PiecedReply(outline.filled({**parts, **own}))

    def draw_card(self, request: Request, post: Post, heading: str) -> list[Piece]:
        """A post as HTML; between the pieces belongs ``forms_of`` each reader."""
        show_times_of(time_zone_of(request))
        macro = self._for_posts(request).plain_card
        drawn: DrawnCards = self._environment(request.language).globals["drawn"]  # type: ignore[assignment]
        return drawn.pieces(macro, post, heading)

    def draw_line(self, request: Request) -> Piece:
        """What stands between new posts and those that were read."""
        found = self._lines.get(request.language)
        if found is None:
            text: str = self._for_posts(request).read_until()
            found = self._lines[request.language] = Piece(text.encode())
        return found

    def forms_of(self, request: Request) -> Piece:
        """The secret of the forms of one reader."""
        return plain_piece(request.csrf_token())

    def _for_posts(self, request: Request) -> Any:
        return self._environment(request.language).get_template("macros/posts.html").module

    def _around(self, request: Request, viewer: Person | None) -> dict[str, Any]:
        """What stands around every page depends on this."""
        principal = request.principal
        return {
            "viewer": viewer,
            "signed_in": request.viewer is not None,
            "counts": self._new_for(request.viewer),
            "runs_site": principal is not None and bool(principal.rights),
            "current_entry": self._current_entry(request.path, viewer),
            "look": read_look("" if principal is None else principal.look),
        }

    def _current_entry(self, path: str, viewer: Person | None) -> str:
        """The path of the entry of the main menu to which a page belongs."""
        found = (
            item.path_for(viewer) for item in self._navigation if item.is_current(path, viewer)
        )
        return next(found, "")

    def _new_for(self, viewer: int | None) -> Mapping[str, int]:
        return {} if viewer is None or self._counts is None else self._counts(viewer)

    def letter(self, language: str, template: str, **values: Any) -> str:
        """HTML of a mail in one of our languages."""
        environment = self._environment(language)
        return environment.get_template(template).render(**values)

    def _environment(self, language: str) -> jinja2.Environment:
        """That of a language, made at its first use; of the site's where there is none."""
        if language not in self.languages.available:
            language = self._site.language
        found = self._environments.get(language)
        if found is None:
            catalogue = self.languages.catalogue(language)
            # Two megabytes that a site without visitors does not need.
            found = self._environments[language] = import_module(
                "fedrse.web.environments"
            ).make_environment(
                self._feature_templates,
                catalogue,
                Formats(language, catalogue, self.clock),
                self._values(),
                clock=self.clock,
                anybody=self._anybody,
            )
        return found

    def _values(self) -> dict[str, Any]:
        """What every template can name."""
        return {
            "asset": self.assets.path,
            "logo_path": self.assets.path(self.assets.logo),
            "canvas": {name: one["canvas"] for name, one in self.assets.palette.themes.items()},
            "navigation": self._navigation,
            "site": self._site,
            "sign_in_path": SIGN_IN_PATH,
            "version": fedrse.__version__,
        }


def time_zone_of(request: Request) -> str | None:
    """The zone in which whoever asks reads times, None where it is not known."""
    return None if request.principal is None else request.principal.time_zone


def feature_templates(folder: Path) -> dict[str, Path]:
    """The template folders of all features below ``folder``, by feature."""
    return {path.parent.name: path for path in sorted(folder.glob("*/templates"))}
