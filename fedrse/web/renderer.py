"""Draws templates: one Jinja environment per language, the same values for every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

import fedrse
from fedrse.core.clock import Clock, SystemClock
from fedrse.core.settings import Settings
from fedrse.http.reply import Reply, html_reply
from fedrse.http.request import Request
from fedrse.web.assets import Assets
from fedrse.web.faces import Faces
from fedrse.web.formats import Formats, show_times_of
from fedrse.web.languages import Languages, safe_gettext
from fedrse.web.look import read_look
from fedrse.web.views import NavigationItem, Person

TEMPLATES = Path(__file__).parent / "templates"
SIGN_IN_PATH = "/auth/sign_in"


class Renderer:
    """Renders pages of the interface and of features.

    ``feature_templates`` maps the name of a feature to its folder: ``posts/post.html`` is
    ``post.html`` in that of ``posts``. ``navigation`` is the main menu.
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
    ) -> None:
        self.languages = languages or Languages()
        self.assets = assets or Assets()
        self.faces = Faces(settings)
        self._clock = clock or SystemClock()
        self._navigation = tuple(navigation)
        self._site = settings.site
        loader = _loader(feature_templates or {})
        self._environments = {
            language: self._environment(language, loader) for language in self.languages.available
        }

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
        environment = self._environments.get(request.language)
        if environment is None:
            environment = self._environments[self._site.language]
        principal = request.principal
        show_times_of(None if principal is None else principal.time_zone)
        text = environment.get_template(template).render(
            request=request,
            viewer=viewer,
            signed_in=request.viewer is not None,
            look=read_look("" if principal is None else principal.look),
            **values,
        )
        return html_reply(text, status=status, headers=headers)

    def letter(self, language: str, template: str, **values: Any) -> str:
        """HTML of a mail in one of our languages."""
        environment = self._environments.get(language)
        if environment is None:
            environment = self._environments[self._site.language]
        return environment.get_template(template).render(**values)

    def _environment(self, language: str, loader: jinja2.BaseLoader) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=loader,
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            extensions=["jinja2.ext.i18n"],
        )
        catalogue = self.languages.catalogue(language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        formats = Formats(language, catalogue, self._clock)
        environment.filters.update(
            number=formats.number,
            moment=formats.moment,
            day=formats.day,
            ago=formats.ago,
            iso=formats.iso,
        )
        environment.globals.update(
            _=safe_gettext(catalogue),
            asset=self.assets.path,
            logo_path=self.assets.path(self.assets.logo),
            canvas={name: one["canvas"] for name, one in self.assets.palette.themes.items()},
            language=language,
            navigation=self._navigation,
            site=self._site,
            sign_in_path=SIGN_IN_PATH,
            version=fedrse.__version__,
        )
        return environment


def _loader(features: Mapping[str, Path]) -> jinja2.BaseLoader:
    prefixed = {name: jinja2.FileSystemLoader(folder) for name, folder in features.items()}
    return jinja2.ChoiceLoader([jinja2.FileSystemLoader(TEMPLATES), jinja2.PrefixLoader(prefixed)])


def feature_templates(folder: Path) -> dict[str, Path]:
    """The template folders of all features below ``folder``, by feature."""
    return {path.parent.name: path for path in sorted(folder.glob("*/templates"))}
