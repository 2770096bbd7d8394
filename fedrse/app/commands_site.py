"""``fedrse init``, ``migrate`` and ``doctor``.

The imports inside the functions keep `fedrse --help` fast: the database layer and the certificates
take most of a second to import.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedrse.app import terminal
from fedrse.app.configuration_file import DEFAULT_FILE
from fedrse.app.terminal import ConfigOption, JsonOption, PasswordStdinOption

if TYPE_CHECKING:
    from fedrse.app.people import NewPerson


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(init)
    app.command()(migrate)
    app.command()(doctor)


def init(
    *,
    base_url: Annotated[
        str | None,
        typer.Option(help="Public address, such as https://fedrse.corp.example; never changes."),
    ] = None,
    handle_domain: Annotated[
        str | None,
        typer.Option(help="Domain of handles (@amina@corp.example); default: the host."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the site.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of pages: fr or en.")] = None,
    listen: Annotated[
        list[str] | None,
        typer.Option(help="Where to listen: host:port or unix:/path; may be repeated."),
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="sqlite:PATH or postgresql://user:password@host/name.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Folder for database, media and secret.")] = None,
    mode: Annotated[str | None, typer.Option(help="Whom to talk to: closed or open.")] = None,
    member: Annotated[
        list[str] | None, typer.Option(help="Base URL of a member site; may be repeated.")
    ] = None,
    admin: Annotated[str | None, typer.Option(help="User name of the first owner.")] = None,
    admin_email: Annotated[str | None, typer.Option(help="E-mail address of the owner.")] = None,
    no_admin: Annotated[bool, typer.Option("--no-admin", help="Make no account.")] = False,
    password_stdin: PasswordStdinOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Set up a new site: configuration, secret, database and the first owner.

    Asks for what was not given, if run in a terminal.
    """
    from fedrse.app import site_setup  # noqa: PLC0415  (start time)

    path = terminal.config_path(config) or Path(DEFAULT_FILE)
    if path.exists():
        terminal.fail(f"{path} exists already: this site was set up before.")
    base_url = base_url or _ask("Public address (https://...)", "--base-url")
    values: dict[str, dict[str, Any]] = {
        "site": {
            "base_url": base_url,
            "handle_domain": handle_domain
            or _ask_if_terminal("Domain of handles (empty: the host)", ""),
            "name": name or _ask_if_terminal("Name of the site", "fedrse"),
            "language": language or _ask_if_terminal("Language (fr or en)", "fr"),
        },
        "server": {"listen": listen},
        "storage": {"database": database, "data": data},
        "federation": {"mode": mode},
        "network": {"members": member},
    }
    owner = None if no_admin else _owner(admin, admin_email, values["site"]["language"])
    if owner is not None and password_stdin:
        owner = _with_password(owner, terminal.password_from_stdin())
    given = {
        section: {key: value for key, value in keys.items() if value}
        for section, keys in values.items()
    }
    settings = terminal.attempt(site_setup.write_configuration, path, given)
    terminal.note(f"Wrote the configuration {path}.")
    made = terminal.run(site_setup.set_up(settings, owner, terminal.note))
    if made is not None:
        terminal.print_result(made, as_json=as_json)
    terminal.note("Next: fedrse doctor, then fedrse serve.")


def migrate(*, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Bring the tables of the database to this version of fedrse."""
    from fedrse.app import site_setup  # noqa: PLC0415  (start time)

    done, schema = terminal.run(site_setup.migrate(terminal.settings(config)))
    if as_json:
        terminal.print_json({"schema": schema, "changed": done})
    else:
        terminal.note(f"The schema {'is now' if done else 'was already'} {schema}.")


def doctor(
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what needs the network.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Check the site and say what to do about each problem; exit code 1 if there is one."""
    from fedrse.app.doctor.examine import examine  # noqa: PLC0415  (start time)

    findings = terminal.run(examine(terminal.config_path(config), offline=offline))
    if as_json:
        terminal.print_json([finding.facts() for finding in findings])
    else:
        terminal.print_table(
            ("", "Subject", "Finding", "What to do"),
            [
                (finding.state.value, finding.subject, finding.message, finding.advice)
                for finding in findings
            ],
        )
    if any(finding.is_problem for finding in findings):
        raise typer.Exit(terminal.FAILED)


def _ask(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{option} is needed")
    return str(typer.prompt(question, err=True))


def _ask_if_terminal(question: str, default: str) -> str:
    if not sys.stdin.isatty():
        return default
    shown = bool(default)
    return str(typer.prompt(question, default=default, show_default=shown, err=True))


def _owner(name: str | None, email: str | None, language: str) -> NewPerson:
    from fedrse.app.people import NewPerson  # noqa: PLC0415  (start time)

    return NewPerson(
        username=name or _ask("User name of the first owner", "--admin"),
        email=email or _ask("E-mail address of the first owner", "--admin-email"),
        role="owner",
        locale=language,
    )


def _with_password(person: NewPerson, password: str) -> NewPerson:
    from msgspec.structs import replace  # noqa: PLC0415  (start time)

    return replace(person, password=password)
