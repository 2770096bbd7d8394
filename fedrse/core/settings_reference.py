"""The documentation of the settings, made from their definitions.

Two texts: the commented ``fedrse.toml`` that an operator edits, and the reference page
``docs/settings.md``. Both show every setting with its description, so neither can fall behind.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo

from fedrse.core.configuration import SECTIONS, environment_name, section_fields, setting_type
from fedrse.core.settings_section import SettingsSection

WIDTH = 98
_PREAMBLE = """\
# Settings of one fedrse site. A line that starts with "# key =" shows a default or an example:
# remove the "# " to change it. Every setting can also come from the environment, which wins:
# FEDRSE_SITE__NAME="Lyon" is name in [site].
"""
_PAGE_INTRODUCTION = """\
# Settings

A site reads one TOML file, `fedrse.toml`, and environment variables, which win over the file.
A variable is named `FEDRSE_SECTION__KEY`; lists are written with commas or as JSON, tables as
`name=value` with commas or as JSON. A wrong key or value stops the start and says where it stands.
Relative paths start at the folder of the file, those of `[storage]` at the data folder; without a
file, at the working directory.

This page is generated from `fedrse/core/settings.py` (`make docs`).
"""


def render_commented_toml(values: Mapping[str, Mapping[str, Any]]) -> str:
    """A complete ``fedrse.toml``: the given values set, everything else as a comment.

    ``values`` maps sections to settings (``{"site": {"base_url": ...}}``). Raises KeyError for a
    section or setting that does not exist.
    """
    for section, settings in values.items():
        for key in settings:
            section_fields(SECTIONS[section])[key]
    blocks = [_PREAMBLE]
    for section, kind in SECTIONS.items():
        blocks.append(f"\n[{section}]\n{_comment(_about(kind))}\n")
        for key, field in section_fields(kind).items():
            blocks.append(f"\n{_comment(_description(field))}\n")
            given = values.get(section, {})
            if key in given:
                blocks.append(f"{key} = {toml_value(given[key])}\n")
            elif field.required:
                blocks.append(f"{key} = {toml_value(_example(field))}\n")
            else:
                blocks.append(f"# {key} = {toml_value(_shown(field))}\n")
    return "".join(blocks)


def render_reference() -> str:
    """The page ``docs/settings.md``."""
    return "\n".join([_PAGE_INTRODUCTION, *_page_sections()])


def toml_value(value: Any) -> str:
    """A value as TOML writes it; texts, numbers, truth values, lists and flat tables of texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return toml_value(value.value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # JSON strings are TOML basic strings, but for DEL and pairs of surrogate escapes.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        pairs = (f"{toml_value(name)} = {toml_value(item)}" for name, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return f"[{', '.join(toml_value(item) for item in value)}]"


def _page_sections() -> Iterator[str]:
    for section, kind in SECTIONS.items():
        yield f"## [{section}]\n\n{_about(kind)}\n"
        for key, field in section_fields(kind).items():
            yield f"### {section}.{key}\n\n{_description(field)}\n"
            yield "\n".join(f"- {fact}" for fact in _facts(section, field)) + "\n"


def _facts(section: str, field: FieldInfo) -> Iterator[str]:
    yield f"Type: {_type_name(field)}"
    if field.required:
        yield "Required"
    else:
        default = _default(field)
        yield "Default: none" if default in (None, "") else f"Default: `{toml_value(default)}`"
    if (example := _example(field)) is not None:
        yield f"Example: `{toml_value(example)}`"
    yield f"Environment: `{environment_name(section, field.name)}`"


def _type_name(field: FieldInfo) -> str:
    kind, _ = setting_type(field)
    meta = _meta(field)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(f"`{member.value}`" for member in kind)
    if get_origin(kind) is list:
        return "list of texts"
    if get_origin(kind) is dict:
        return "table of texts"
    if kind is bool:
        return "true or false"
    if kind is int:
        upper = f" to {meta.le:,}" if meta.le is not None else " or more"
        return f"whole number, {meta.ge}{upper}"
    longest = f", at most {meta.max_length} characters" if meta.max_length is not None else ""
    return f"text{longest}"


def _about(kind: type[SettingsSection]) -> str:
    return (inspect.getdoc(kind) or "").split("\n\n", maxsplit=1)[0]


def _description(field: FieldInfo) -> str:
    return _meta(field).description or ""


def _meta(field: FieldInfo) -> msgspec.Meta:
    annotation: Any = field.type
    notes = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((note for note in notes if isinstance(note, msgspec.Meta)), msgspec.Meta())


def _example(field: FieldInfo) -> Any:
    examples = _meta(field).examples
    return examples[0] if examples else None


def _default(field: FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def _shown(field: FieldInfo) -> Any:
    """What a comment shows: the default, or an example where the default is empty."""
    default = _default(field)
    empty = default is None or (default in ("", [], {}) and _example(field) is not None)
    return _example(field) if empty else default


def _comment(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# "))
