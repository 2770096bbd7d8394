"""``fedrse account``, ``token`` and ``keys``.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from fedrse.app import commands_conduct, commands_registration, terminal
from fedrse.app.terminal import ConfigOption, JsonOption, PasswordStdinOption, ReasonOption

AccountArgument = Annotated[
    str, typer.Argument(help="User name, handle or e-mail address.", metavar="ACCOUNT")
]
ROLES = "owner, admin, moderator, community-manager, auditor or member."


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    accounts = typer.Typer(no_args_is_help=True, help="People of this site.")
    accounts.command("create")(create)
    accounts.command("list")(list_all)
    accounts.command("show")(show)
    accounts.command("disable")(disable)
    accounts.command("enable")(enable)
    accounts.command("role")(set_role)
    accounts.command("reset-password")(reset_password)
    accounts.command("password-link")(password_link)
    accounts.command("reset-second-factor")(reset_second_factor)
    commands_conduct.register(app, accounts)
    commands_registration.register(app, accounts)
    app.add_typer(accounts, name="account")
    tokens = typer.Typer(no_args_is_help=True, help="Access tokens for scripts.")
    tokens.command("create")(create_token)
    app.add_typer(tokens, name="token")
    keys = typer.Typer(no_args_is_help=True, help="Keys that sign what this site sends.")
    keys.command("rotate")(rotate_keys)
    app.add_typer(keys, name="keys")


def create(
    username: Annotated[str, typer.Argument(help="Letters, digits, _ . and -", metavar="USERNAME")],
    *,
    email: Annotated[str, typer.Option(help="E-mail address to log in with.")],
    name: Annotated[str, typer.Option(help="Name shown to others.")] = "",
    role: Annotated[str, typer.Option(help=ROLES)] = "member",
    locale: Annotated[
        str | None,
        typer.Option(help="fr or en; default: language of the site.", show_default=False),
    ] = None,
    password_stdin: PasswordStdinOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Create a person who can log in; prints a new password unless one is given."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    password = terminal.password_from_stdin() if password_stdin else None
    made = terminal.run(
        people.create(
            settings,
            people.NewPerson(
                username=username,
                email=email,
                display_name=name,
                role=role,
                locale=locale or settings.site.language,
                password=password,
            ),
        )
    )
    terminal.print_result(made, as_json=as_json)


def list_all(
    *,
    pending: Annotated[bool, typer.Option(help="Those who asked for an account and wait.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the people of this site."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    if pending:
        commands_registration.list_pending(as_json=as_json, config=config)
        return

    found = terminal.run(people.list_all(terminal.settings(config)))
    if as_json:
        terminal.print_json(found)
        return
    columns = ("username", "email", "role", "state", "last_active")
    terminal.print_table(
        ("Name", "E-mail", "Role", "State", "Last here"),
        [[person[column] for column in columns] for person in found],
    )


def show(
    account: AccountArgument, *, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """Show one person: log-in, counts, sessions and applications."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    found = terminal.run(people.show(terminal.settings(config), account))
    terminal.print_result(found, as_json=as_json)


def disable(
    account: AccountArgument, *, reason: ReasonOption = "", config: ConfigOption = None
) -> None:
    """Log somebody out everywhere and let them in no more; nothing is deleted."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    terminal.run(people.disable(terminal.settings(config), account, reason))
    terminal.note(f"{account} cannot log in any more.")


def enable(
    account: AccountArgument, *, reason: ReasonOption = "", config: ConfigOption = None
) -> None:
    """Let somebody log in again."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    terminal.run(people.enable(terminal.settings(config), account, reason))
    terminal.note(f"{account} can log in again.")


def set_role(
    account: AccountArgument,
    role: Annotated[str, typer.Argument(help=ROLES, metavar="ROLE")],
    *,
    reason: ReasonOption = "",
    config: ConfigOption = None,
) -> None:
    """Change what somebody may do on this site."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    terminal.run(people.set_role(terminal.settings(config), account, role, reason))
    terminal.note(f"{account} is {role} now.")


def reset_password(
    account: AccountArgument,
    *,
    password_stdin: PasswordStdinOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Give somebody a new password and log them out everywhere, apps included."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    password = terminal.password_from_stdin() if password_stdin else None
    made = terminal.run(people.reset_password(terminal.settings(config), account, password))
    terminal.print_result(made, as_json=as_json)


def password_link(account: AccountArgument, *, config: ConfigOption = None) -> None:
    """Print a link with which somebody chooses a new password, to hand it over; good for a day."""
    from fedrse.app import security  # noqa: PLC0415  (start time)

    terminal.print_line(terminal.run(security.password_link(terminal.settings(config), account)))


def reset_second_factor(
    account: AccountArgument,
    *,
    passkeys: Annotated[bool, typer.Option("--passkeys", help="Remove passkeys, too.")] = False,
    config: ConfigOption = None,
) -> None:
    """Ask somebody for no code any more who lost telephone and recovery codes."""
    from fedrse.app import security  # noqa: PLC0415  (start time)

    terminal.run(
        security.reset_second_factor(terminal.settings(config), account, passkeys_too=passkeys)
    )
    terminal.note(f"{account} signs in with the password alone now.")


def create_token(
    account: Annotated[str, typer.Option(help="Whose token: user name, handle or e-mail.")],
    scopes: Annotated[
        str, typer.Option(help="What it may do, separated by blanks or commas.")
    ] = "read",
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print a new access token for the client API."""
    from fedrse.app import people  # noqa: PLC0415  (start time)

    made = terminal.run(people.create_token(terminal.settings(config), account, scopes))
    if as_json:
        terminal.print_json(made)
    else:
        terminal.print_line(str(made["access_token"]))


def rotate_keys(
    account: Annotated[
        str | None,
        typer.Argument(
            help="Whose keys; default: the site's own.", metavar="ACCOUNT", show_default=False
        ),
    ] = None,
    *,
    everybody: Annotated[
        bool, typer.Option("--all", help="The keys of the site and of all its people.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make new keys; the old ones stay valid for 48 hours and the peers are told."""
    from fedrse.app import key_rotation  # noqa: PLC0415  (start time)

    if everybody and account is not None:
        raise typer.BadParameter("either an account or --all")
    with terminal.progress() as display:
        task = display.add_task("keys", total=None)
        rotated = terminal.run(
            key_rotation.rotate(
                terminal.settings(config),
                account,
                everybody=everybody,
                progress=lambda done, total: display.update(task, completed=done, total=total),
            )
        )
    if as_json:
        terminal.print_json(rotated)
    else:
        terminal.print_table(
            ("Account", "Keys"), [[each["account"], each["keys"]] for each in rotated]
        )
