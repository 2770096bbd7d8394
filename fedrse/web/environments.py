"""The Jinja environment of one language; ``renderer`` loads it with the first page."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import jinja2

from fedrse.core.clock import Clock
from fedrse.core.html import html_to_text
from fedrse.web.drawn_cards import DrawnCards
from fedrse.web.formats import Formats
from fedrse.web.languages import safe_gettext
from fedrse.web.outlines import AnyReader
from fedrse.web.remembered import Remembered

TEMPLATES = Path(__file__).parent / "templates"


def make_environment(
    features: Mapping[str, Path],
    catalogue: NullTranslations,
    formats: Formats,
    values: Mapping[str, Any],
    *,
    clock: Clock,
    anybody: AnyReader,
) -> jinja2.Environment:
    """Templates of the interface and of ``features``, by name; ``values`` are there in each."""
    environment = jinja2.Environment(
        loader=_loader(features),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        number=formats.number,
        moment=formats.moment,
        day=formats.day,
        ago=formats.ago,
        iso=formats.iso,
        plain=html_to_text,
    )
    environment.globals.update(
        values,
        _=safe_gettext(catalogue),
        language=formats.language,
        drawn=DrawnCards(clock, anybody),
        remembered=Remembered(),
    )
    return environment


def _loader(features: Mapping[str, Path]) -> jinja2.BaseLoader:
    prefixed = {name: jinja2.FileSystemLoader(folder) for name, folder in features.items()}
    return jinja2.ChoiceLoader([jinja2.FileSystemLoader(TEMPLATES), jinja2.PrefixLoader(prefixed)])
