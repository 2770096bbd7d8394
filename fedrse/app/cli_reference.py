"""The page ``docs/cli.md``, made from the definitions of the commands.

It reads what typer was told, not what typer prints: the printed help changes with its version and
with the width of the terminal.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

_INTRODUCTION = """\
# Command line

`fedrse COMMAND --help` shows the same in the terminal. Options of a command stand behind it;
`--config` may also stand before it. `--json` prints JSON to standard output and nothing else there:
remarks, progress and errors go to standard error. Exit codes: 0 done, 1 it failed or something is
wrong (the reason is printed), 2 the command itself was wrong.

This page is generated from `fedrse/app/commands_*.py` (`make docs`).
"""
_KINDS = {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "PATH"}


def render_cli_reference(app: typer.Typer) -> str:
    """The page, commands in the order of ``fedrse --help``."""
    return "\n".join([_INTRODUCTION, *_commands(app, "fedrse")])


def _commands(app: typer.Typer, prefix: str) -> Iterator[str]:
    for command in app.registered_commands:
        if command.callback is not None and not command.hidden:
            name = command.name or command.callback.__name__.replace("_", "-")
            about = command.help or inspect.getdoc(command.callback) or ""
            yield _command(f"{prefix} {name}", about, command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None and not group.hidden:
            yield from _commands(group.typer_instance, f"{prefix} {group.name}")


def _command(name: str, about: str, callback: Callable[..., Any]) -> str:
    parameters = list(_parameters(callback))
    arguments = [shown for is_option, shown, _ in parameters if not is_option]
    usage = " ".join([name, *arguments, "[OPTIONS]"])
    lines = [f"## {name}\n", f"```\n{usage}\n```\n", f"{about}\n"]
    lines += [f"- `{shown}`: {of}" for _, shown, of in parameters]
    return "\n".join(lines) + "\n"


def _parameters(callback: Callable[..., Any]) -> Iterator[tuple[bool, str, str]]:
    """Whether it is an option, how it is written, and what it is about."""
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        hint, required = hints[name], parameter.default is inspect.Parameter.empty
        if get_origin(hint) is not Annotated:
            continue
        kind, info = get_args(hint)[:2]
        if isinstance(info, ArgumentInfo):
            shown = (info.metavar or name.upper()) + ("..." if _is_list(kind) else "")
            yield False, shown if required else f"[{shown}]", _about(info, parameter.default)
        elif isinstance(info, OptionInfo) and not info.hidden:
            about = _about(info, parameter.default)
            yield True, _option(name, kind, info), about + (" Required." if required else "")


def _option(name: str, kind: Any, info: OptionInfo) -> str:
    # Inside Annotated typer takes the first name for the default.
    names = (info.default, *(info.param_decls or ()))
    flags = [text for text in names if isinstance(text, str) and text.startswith("-")]
    shown = ", ".join(flags or [f"--{name.replace('_', '-')}"])
    kind = _bare(kind)
    return shown if kind is bool else f"{shown} {info.metavar or _KINDS.get(kind, 'TEXT')}"


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is list or any(_is_list(item) for item in get_args(kind))


def _bare(kind: Any) -> Any:
    """``list[str]`` and ``str | None`` are ``str``."""
    if get_origin(kind) is list:
        return get_args(kind)[0]
    if isinstance(kind, UnionType):
        return next(_bare(item) for item in get_args(kind) if item is not NoneType)
    return kind


def _about(info: ArgumentInfo | OptionInfo, default: Any) -> str:
    help_text = (info.help or "").strip()
    about = help_text if help_text.endswith((".", ".)")) else f"{help_text}."
    shown = default.value if isinstance(default, Enum) else default
    if info.show_default and shown not in (inspect.Parameter.empty, None, "", [], False):
        about += f" Default: `{shown}`."
    return about
