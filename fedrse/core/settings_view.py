"""The settings of a running site, one by one, for pages and logs: nothing secret is in them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo

from fedrse.core.configuration import SECTIONS, environment_name, section_fields
from fedrse.core.settings import Settings

_SECRET: Final = re.compile(r"(?:^|_)(?:password|token|api_key)$")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]*@")
HIDDEN: Final = "********"


class Shown(Struct, frozen=True, kw_only=True):
    """One setting. ``value`` is a JSON value; of secrets only whether they are set.

    ``source`` is the environment variable that it comes from, "file", or "" for the default.
    """

    section: str
    key: str
    about: str
    value: Any
    source: str
    is_secret: bool

    @property
    def name(self) -> str:
        """``outgoing.timeout``."""
        return f"{self.section}.{self.key}"


def shown_settings(settings: Settings, environ: Mapping[str, str]) -> Iterator[Shown]:
    """All settings in the order of their definition, as they may be shown."""
    for section, kind in SECTIONS.items():
        values = getattr(settings, section)
        for key, field in section_fields(kind).items():
            value = getattr(values, key)
            yield Shown(
                section=section,
                key=key,
                about=_description(field),
                value=_visible(key, value),
                source=_source(section, field, value, environ),
                is_secret=is_secret(key),
            )


def plain_settings(settings: Settings) -> dict[str, Any]:
    """All values by name, secrets included: for comparing, never for showing."""
    return {
        f"{section}.{key}": _plain(getattr(getattr(settings, section), key))
        for section, kind in SECTIONS.items()
        for key in section_fields(kind)
    }


def about_section(section: str) -> str:
    """What the settings of a section are about."""
    return (inspect.getdoc(SECTIONS[section]) or "").split("\n\n", maxsplit=1)[0]


def is_secret(key: str) -> bool:
    """Whether the value of a setting must not be seen."""
    return _SECRET.search(key) is not None


def without_credentials(text: str) -> str:
    """An address without the name and password in it."""
    return _CREDENTIALS.sub(f"{HIDDEN}@", text)


def _visible(key: str, value: Any) -> Any:
    plain = _plain(value)
    if is_secret(key):
        return HIDDEN if plain else None
    return without_credentials(plain) if isinstance(plain, str) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value


def _source(section: str, field: FieldInfo, value: Any, environ: Mapping[str, str]) -> str:
    variable = environment_name(section, field.name)
    if variable in environ:
        return variable
    default = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return "" if not field.required and value == default else "file"


def _description(field: FieldInfo) -> str:
    annotation: Any = field.type
    notes = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((one.description or "" for one in notes if isinstance(one, msgspec.Meta)), "")
