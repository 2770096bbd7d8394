"""``fedrse policy``: what crosses the border of this site.

The imports inside the functions keep `fedrse --help` fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from fedrse.app import commands_policy_lists, commands_rehearsal, terminal
from fedrse.app.commands_policy_lists import StateOption
from fedrse.app.terminal import ConfigOption, JsonOption, ReasonOption

MOST_PRINTED = 100  # changes of the rules that are shown in a table

NumbersArgument = Annotated[
    list[int], typer.Argument(help="Numbers of rules, as `list` shows them.", metavar="NUMBER")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would change and cost; change nothing.")
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do not ask where people here lose contacts.")
]
FileArgument = Annotated[Path, typer.Argument(help="A file; - is the standard input.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    policy = typer.Typer(
        no_args_is_help=True, help="Rules about other sites: what crosses the border."
    )
    policy.command("list")(list_rules)
    policy.command("show")(show)
    policy.command("add")(add)
    policy.command("remove")(remove)
    policy.command("adopt")(adopt)
    policy.command("apply")(apply)
    policy.command("export")(export)
    policy.command("import")(import_list)
    policy.command("versions")(versions)
    policy.command("undo")(undo)
    commands_policy_lists.register(policy)
    commands_rehearsal.register(policy)
    app.add_typer(policy, name="policy")


def list_rules(
    *,
    state: Annotated[str | None, typer.Option(help="Only draft, shadow or active ones.")] = None,
    effect: Annotated[str | None, typer.Option(help="Only those with this effect.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Only those of settings, local, or list:NUMBER.")
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="Only those to be reviewed by now.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the rules, those of the settings first."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    given = {"state": state, "effect": effect, "source": source}
    wanted = {name: value for name, value in given.items() if value is not None}
    settings = terminal.settings(config)
    found = terminal.run(policy_changes.list_rules(settings, wanted, due=due))
    if as_json:
        terminal.print_json(found)
        return
    columns = ("id", "state", "effect", "about", "reason", "ends", "source")
    terminal.print_table(
        ("Number", "State", "Effect", "About", "Reason", "Until", "Source"),
        [[rule.get(column) for column in columns] for rule in found],
    )


def show(
    number: Annotated[int, typer.Argument(help="Number of the rule.", metavar="NUMBER")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Show everything about a rule."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    found = terminal.run(policy_changes.show(terminal.settings(config), number))
    terminal.print_result(found, as_json=as_json)


def add(
    effect: Annotated[
        str,
        typer.Argument(help="deny, allow, quarantine, limit, strip_media, no_reports, ..."),
    ],
    *,
    hosts: Annotated[
        list[str] | None,
        typer.Option("--host", help="A host and all below it; =HOST for the host alone."),
    ] = None,
    networks: Annotated[
        list[str] | None, typer.Option("--network", help="A range of addresses (192.0.2.0/24).")
    ] = None,
    roles: Annotated[
        list[str] | None, typer.Option("--role", help="member, allowed or other.")
    ] = None,
    software: Annotated[list[str] | None, typer.Option(help="Software of the other site.")] = None,
    actors: Annotated[
        list[str] | None, typer.Option("--actor", help="The address of somebody.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="A type of activity or object (Note).")
    ] = None,
    functions: Annotated[
        list[str] | None, typer.Option("--function", help="posts, events, documents, films, ...")
    ] = None,
    languages: Annotated[list[str] | None, typer.Option("--language", help="fr or fr-CA.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="A hashtag.")] = None,
    attachments: Annotated[
        list[str] | None, typer.Option("--attachment", help="image, video, audio or document.")
    ] = None,
    audiences: Annotated[
        list[str] | None, typer.Option("--audience", help="public, followers, direct, ...")
    ] = None,
    direction: Annotated[str | None, typer.Option(help="in, out or both.")] = None,
    reason: Annotated[str | None, typer.Option(help="Shown to whoever may see the rule.")] = None,
    private_reason: Annotated[
        str | None, typer.Option(help="Shown to those in charge only.")
    ] = None,
    state: StateOption = "active",
    starts: Annotated[str | None, typer.Option(help="From then on (2026-11-30).")] = None,
    ends: Annotated[str | None, typer.Option(help="Until then.")] = None,
    review: Annotated[str | None, typer.Option(help="When to look at it again.")] = None,
    delay: Annotated[str | None, typer.Option(help="For delay: how long (10m).")] = None,
    cap: Annotated[int | None, typer.Option(help="For cap: so many messages ...")] = None,
    period: Annotated[str | None, typer.Option(help="... in so much time (1h).")] = None,
    obfuscate: Annotated[
        bool, typer.Option("--obfuscate", help="Show the host in part where rules are published.")
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Add a rule. Options can be given several times; all kinds that are given have to match."""
    given = dict(locals())
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    others = ("dry_run", "yes", "as_json", "config")
    fields = {name: value for name, value in given.items() if value and name not in others}
    settings = terminal.settings(config)
    work = terminal.attempt(policy_changes.adding, settings, fields)
    _change(policy_changes.change(settings, work, dry_run=dry_run, yes=yes), as_json=as_json)


def remove(
    numbers: NumbersArgument,
    *,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take rules back. Follows that rest because of them go on."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    work = policy_changes.removing(numbers, reason)
    settings = terminal.settings(config)
    _change(policy_changes.change(settings, work, dry_run=dry_run, yes=yes), as_json=as_json)


def adopt(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Numbers of drafts.", metavar="NUMBER")
    ] = None,
    *,
    of_list: Annotated[
        int | None, typer.Option("--list", help="All drafts of the list with this number.")
    ] = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Put drafts in force together, those of a list, too; it still takes back what it withdraws."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    if bool(numbers) == (of_list is not None):
        raise typer.BadParameter("either numbers or --list")
    work = policy_changes.adopting(numbers or [], of_list, reason)
    settings = terminal.settings(config)
    _change(policy_changes.change(settings, work, dry_run=dry_run, yes=yes), as_json=as_json)


def apply(
    file: FileArgument,
    *,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Make the local rules those of a file (TOML or JSON), all of them or none."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    work = terminal.attempt(policy_changes.applying, settings, file, reason)
    _change(policy_changes.change(settings, work, dry_run=dry_run, yes=yes), as_json=as_json)


def export(
    *,
    kind: Annotated[
        Literal["toml", "json", "mastodon", "gotosocial", "text"],
        typer.Option("--format", help="toml and json hold everything, the others whole hosts."),
    ] = "toml",
    allows: Annotated[
        bool, typer.Option("--allows", help="In a list: the allowed hosts, not the denied.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write the rules to standard output."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    text, left_out = terminal.run(policy_changes.export(settings, kind, allows=allows))
    if left_out:
        terminal.note(f"{left_out} rules say more than such a list can: they are left out.")
    terminal.print_line(text.removesuffix("\n"))


def import_list(
    file: FileArgument,
    *,
    kind: Annotated[
        Literal["mastodon", "gotosocial", "text"] | None,
        typer.Option("--format", help="Default: told by its first characters."),
    ] = None,
    effect: Annotated[
        Literal["deny", "limit", "allow"],
        typer.Option(help="What is meant where the list does not say it."),
    ] = "deny",
    state: StateOption = "draft",
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Add a list of hosts to the rules; rules that exist stay as they are."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)
    from fedrse.features.policy.model import Effect, State  # noqa: PLC0415
    from fedrse.features.policy.model_lists import ListFormat  # noqa: PLC0415

    settings = terminal.settings(config)
    work = terminal.attempt(
        policy_changes.importing,
        settings,
        file,
        reason,
        kind=None if kind is None else ListFormat(kind),
        effect=Effect(effect),
        state=State(state),
    )
    _change(policy_changes.change(settings, work, dry_run=dry_run, yes=yes), as_json=as_json)


def versions(
    number: Annotated[
        int | None, typer.Argument(help="Show what this one changed.", metavar="NUMBER")
    ] = None,
    *,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="How many to list.")] = 40,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List the versions of the rules, or show one with what was before and after."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    settings = terminal.settings(config)
    if number is not None:
        found = terminal.run(policy_changes.version(settings, number))
        if as_json:
            terminal.print_json(found)
            return
        terminal.print_pairs({name: found[name] for name in found if name != "changes"})
        _print_changes(found["changes"])
        return
    listed = terminal.run(policy_changes.versions(settings, most))
    if as_json:
        terminal.print_json(listed)
        return
    columns = ("version", "made", "author", "source", "added", "changed", "removed", "reason")
    terminal.print_table(
        [column.capitalize() for column in columns],
        [[one[column] for column in columns] for one in listed],
    )


def undo(
    number: Annotated[int, typer.Argument(help="The version to take back.", metavar="VERSION")],
    *,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Take a version back, unless its rules were changed again since."""
    from fedrse.app import policy_changes  # noqa: PLC0415  (start time)

    work = policy_changes.undoing(number, reason)
    settings = terminal.settings(config)
    _change(policy_changes.change(settings, work, dry_run=dry_run, yes=yes), as_json=as_json)


def _change(work: Any, *, as_json: bool) -> None:
    """Runs a change and tells what it did."""
    found = terminal.run(work)
    if as_json:
        terminal.print_json(found)
        return
    _print_changes(found["changes"])
    cost = found["cost"]
    if cost["peers"]:
        terminal.note(
            f"Denied from now on: {', '.join(cost['peers'])}. {cost['people']} people here,"
            f" {cost['following']} follows, {cost['followers']} followers,"
            f" {cost['conversations']} conversations."
        )
    if found["done"]:
        terminal.note(f"This is version {found['version']}.")
    else:
        terminal.note("Nothing was changed.")


def _print_changes(changes: list[Mapping[str, Any]]) -> None:
    """The first ones: drawing a table of a hundred thousand takes longer than making them."""
    rows = []
    for one in changes[:MOST_PRINTED]:
        rule = one["after"] or one["before"]
        kind = "added" if one["before"] is None else "changed"
        kind = "removed" if one["after"] is None else kind
        rows.append((one["number"], kind, rule["effect"], rule["state"], rule["about"]))
    if rows:
        terminal.print_table(("Number", "Change", "Effect", "State", "About"), rows)
    if len(changes) > MOST_PRINTED:
        terminal.note(f"And {len(changes) - MOST_PRINTED} more; --json lists them all.")
