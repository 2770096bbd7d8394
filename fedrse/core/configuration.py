"""Reads the settings of a site: a TOML file and environment variables into one typed tree.

``FEDRSE_SECTION__KEY`` in the environment wins over ``key`` of ``[section]`` in the file; lists are
written with commas or as JSON, tables as ``name=value`` with commas or as JSON. All that is wrong
is reported at once, each with its place, the reason and the nearest valid name.

After reading, values are in their one form: hosts and origins normalised, paths absolute (relative
ones start at the folder of the file, those of ``[storage]`` at the data folder).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo

from fedrse.core.configuration_checks import check_settings
from fedrse.core.configuration_sources import (
    ConfigurationError,
    Sources,
    locate_keys,
    syntax_problem,
)
from fedrse.core.nearest import nearest
from fedrse.core.settings import Settings
from fedrse.core.settings_section import SettingsSection

ENVIRONMENT_PREFIX = "FEDRSE_"
SECTIONS: Mapping[str, type[SettingsSection]] = {
    field.name: field.type for field in msgspec.structs.fields(Settings)
}
MAX_FILE_BYTES = 1_048_576
_JSON_LIST = re.compile(r'\[\s*["\]]')
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
# What msgspec calls the types of values.
_IN_WORDS = {
    "int": "a whole number",
    "bool": "true or false",
    "str": "text",
    "array": "a list",
    "object": "a table",
}
_TYPE = re.compile(rf"\b({'|'.join(_IN_WORDS)})\b")


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of the file at ``path``, overlaid with those of the environment.

    Without a file (``None``) everything comes from the environment, and relative paths start at
    the working directory. Raises ConfigurationError, which names every problem found.
    """
    text = "" if path is None else _read(path)
    sources = Sources(file="" if path is None else path.name, lines=locate_keys(text))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([syntax_problem(sources.file, text, error)]) from error
    values = _values_of(document, sources)
    for section, settings in _environment_values(environ, sources).items():
        values[section].update(settings)
    _report_missing(values, sources)
    sources.raise_problems()
    settings = msgspec.convert(values, type=Settings)
    folder = Path.cwd() if path is None else path.absolute().parent
    return check_settings(settings, folder, sources)


def environment_name(section: str, key: str) -> str:
    """The environment variable of a setting: ``FEDRSE_SITE__BASE_URL``."""
    return f"{ENVIRONMENT_PREFIX}{section}__{key}".upper()


def section_fields(section: type[SettingsSection]) -> dict[str, FieldInfo]:
    """The settings of a section by key, in the order of their definition."""
    return {field.name: field for field in msgspec.structs.fields(section)}


def setting_type(field: FieldInfo) -> tuple[Any, bool]:
    """The plain type of a setting without its notes, and whether it may be left empty."""
    annotation: Any = field.type
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    options = [option for option in get_args(annotation) if option is not type(None)]
    if type(None) in get_args(annotation):
        return options[0], True
    return annotation, False


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise ConfigurationError.of(path.name, "", "is larger than 1 MiB")
        return data.decode("utf-8")
    except OSError as error:
        reason = f"cannot be read: {error.strerror}; fedrse init writes one"
        raise ConfigurationError.of(str(path), "", reason) from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationError.of(f"{path.name}, line {line}", "", "is not UTF-8") from error


def _values_of(document: Mapping[str, Any], sources: Sources) -> dict[str, dict[str, Any]]:
    """The known and valid settings of the file; the rest is noted as problems."""
    values: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for section, content in document.items():
        if section not in SECTIONS:
            sources.note((section,), _unknown_section(section))
        elif not isinstance(content, dict):
            sources.note((section,), f"is a section: write [{section}] and its settings below")
        else:
            for key, value in content.items():
                _accept(values, sources, (section, key), value)
    return values


def _environment_values(environ: Mapping[str, str], sources: Sources) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    for variable in sorted(environ):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        section, separator, key = name.partition("__")
        # FEDRSE_CONFIG and the like are not settings, but a single underscore is a likely slip.
        if not separator and name.partition("_")[0] not in SECTIONS:
            continue
        place = (section, key) if separator else (name,)
        sources.variables[place] = variable
        if section not in SECTIONS or key not in section_fields(SECTIONS[section]):
            sources.note(place, _nearest_variable(variable))
        else:
            try:
                value = _from_text(section_fields(SECTIONS[section])[key], environ[variable])
            except ValueError as error:
                sources.note(place, str(error))
            else:
                _accept(values, sources, (section, key), value)
    return values


def _accept(
    values: dict[str, dict[str, Any]], sources: Sources, place: tuple[str, str], value: Any
) -> None:
    section, key = place
    field = section_fields(SECTIONS[section]).get(key)
    if field is None:
        sources.note(place, _unknown_key(section, key))
        return
    try:
        msgspec.convert(value, type=field.type)
    except msgspec.ValidationError as error:
        sources.note(place, _value_reason(field, value, error))
    else:
        values[section][key] = value


def _from_text(field: FieldInfo, text: str) -> Any:
    """The value that the text of an environment variable stands for, still unchecked."""
    kind, optional = setting_type(field)
    text = text.strip()
    if optional and not text:
        return None
    if kind is bool:
        return _boolean(text)
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"has to be a whole number, not {text!r}") from None
    if get_origin(kind) in {list, dict}:
        return _collection(get_origin(kind), text)
    return text


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(f"has to be true or false, not {text!r}")


def _collection(kind: Any, text: str) -> Any:
    # A list may start with an IPv6 address in brackets, so a bracket alone is not yet JSON.
    if _JSON_LIST.match(text) if kind is list else text.startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"is not valid JSON: {error}") from None
    items = [item.strip() for item in text.split(",") if item.strip()]
    if kind is list:
        return items
    pairs = [item.partition("=") for item in items]
    if any(not separator for _, separator, _ in pairs):
        raise ValueError("has to be written as name=value,name=value or as JSON")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _report_missing(values: Mapping[str, Mapping[str, Any]], sources: Sources) -> None:
    for section, kind in SECTIONS.items():
        for field in section_fields(kind).values():
            place = (section, field.name)
            if field.required and field.name not in values[section] and not sources.has(place):
                variable = environment_name(section, field.name)
                sources.note(place, f"is missing: set it in [{section}] or as {variable}")


def _value_reason(field: FieldInfo, value: Any, error: msgspec.ValidationError) -> str:
    kind, _ = setting_type(field)
    if isinstance(kind, type) and issubclass(kind, Enum):
        valid = [member.value for member in kind]
        reason = f"has to be one of {', '.join(valid)}"
        return reason + _did_you_mean(str(value), valid)
    reason = _TYPE.sub(lambda match: _IN_WORDS[match[0]], str(error))
    reason = reason.replace("`", "").replace("$", field.name)
    return f"is not valid: {reason[:1].lower()}{reason[1:]}"


def _unknown_section(section: str) -> str:
    homes = [name for name, kind in SECTIONS.items() if section in section_fields(kind)]
    if homes:
        return f"is a setting of [{homes[0]}] and has to stand below that line"
    return "is not a known section" + _did_you_mean(section, list(SECTIONS))


def _unknown_key(section: str, key: str) -> str:
    homes = [name for name, kind in SECTIONS.items() if key in section_fields(kind)]
    if homes:
        return f"is a setting of [{homes[0]}], not of [{section}]"
    reason = f"is not a known setting of [{section}]"
    here = _did_you_mean(key, list(section_fields(SECTIONS[section])))
    if here:
        return reason + here
    everywhere = [
        f"{name}.{known}" for name, kind in SECTIONS.items() for known in section_fields(kind)
    ]
    return reason + _did_you_mean(f"{section}.{key}", everywhere)


def _nearest_variable(variable: str) -> str:
    known = [
        environment_name(section, key)
        for section, kind in SECTIONS.items()
        for key in section_fields(kind)
    ]
    return "is not a known setting" + _did_you_mean(variable.upper(), known)


def _did_you_mean(word: str, known: list[str]) -> str:
    found = nearest(word, known)
    return f"; the nearest is {found}" if found else ""
