"""``fedrse backup``, ``restore``, ``export`` and ``import``.

The imports inside the functions keep `fedrse --help` fast: databases and cryptography take most of
a second to import.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedrse.app import terminal
from fedrse.app.terminal import ConfigOption, JsonOption

if TYPE_CHECKING:
    from fedrse.app.backup.archive import Manifest
    from fedrse.core.settings import Settings

PassphraseFileOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="Read the passphrase from the first line of this file; - is the input.",
        allow_dash=True,
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(backup)
    app.command()(restore)
    app.command()(export)
    app.command("import")(bring_in)


def backup(
    target: Annotated[
        Path | None,
        typer.Argument(
            help="File to write; default: fedrse-HOST-DATE.tar.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    *,
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets",
            help="Include the instance secret and the configuration, sealed with a passphrase.",
        ),
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Save database and media of the site in one file, while it runs, and verify it.

    Without --secrets the private keys in the file cannot be used: keep a copy of the secret file
    somewhere else.
    """
    from fedrse.app.audit import note_backup  # noqa: PLC0415  (start time)
    from fedrse.app.backup.make import make_backup  # noqa: PLC0415

    settings = terminal.settings(config)
    passphrase = _passphrase(passphrase_file, secrets=secrets, confirm=True)
    path = target or Path(_default_name(settings))
    with terminal.progress() as display:
        manifest = terminal.run(
            make_backup(
                settings,
                path,
                configuration=terminal.config_path(config),
                passphrase=passphrase,
                progress=_Steps(display),
            )
        )
    terminal.run(note_backup(settings, manifest.id, secrets=manifest.has_secrets))
    _show(manifest, path, as_json=as_json, sentence="Saved and verified")
    if passphrase is None:
        terminal.note(
            f"The secret file {settings.storage.secret_file} is not in this backup. Without it"
            " nobody can use the private keys again: keep a copy of it in another place."
        )


def restore(
    source: Annotated[
        Path, typer.Argument(help="File written by `fedrse backup`.", metavar="FILE")
    ],
    *,
    secrets: Annotated[
        bool,
        typer.Option(
            "--secrets", help="Restore the secret file and, if missing, the configuration."
        ),
    ] = False,
    passphrase_file: PassphraseFileOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only verify the file; change nothing.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Bring a backup back; the database and the media folder must be empty.

    Everything in the file is verified before anything is written.
    """
    from fedrse.app.audit import note_backup  # noqa: PLC0415  (start time)
    from fedrse.app.backup.make import check_backup  # noqa: PLC0415  (start time)
    from fedrse.app.backup.restore import restore_backup  # noqa: PLC0415  (start time)

    passphrase = _passphrase(passphrase_file, secrets=secrets, confirm=False)
    with terminal.progress() as display:
        if check:
            manifest = terminal.run(_in_thread(check_backup, source, _Steps(display)))
        else:
            if passphrase is not None:
                _restore_configuration(source, passphrase, terminal.config_path(config))
            manifest = terminal.run(
                restore_backup(
                    terminal.settings(config),
                    source,
                    passphrase=passphrase,
                    progress=_Steps(display),
                )
            )
    if not check:
        terminal.run(
            note_backup(
                terminal.settings(config),
                manifest.id,
                secrets=passphrase is not None,
                restored=True,
            )
        )
    _show(manifest, source, as_json=as_json, sentence="Sound" if check else "Restored")
    if not check and passphrase is None and manifest.has_secrets:
        terminal.note("The secrets in the backup were not restored: use --secrets for that.")


def export(
    account: Annotated[str, typer.Argument(help="User name or e-mail address.", metavar="ACCOUNT")],
    target: Annotated[
        Path | None,
        typer.Argument(
            help="File to write; default: NAME-DATE.zip.", metavar="FILE", show_default=False
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Write everything of one account into a zip archive, as Mastodon does.

    Profile, posts, likes, bookmarks, follows, blocks, mutes and uploaded files.
    """
    from fedrse.app.export.archive import export_account  # noqa: PLC0415  (start time)

    with terminal.progress() as display:
        summary = terminal.run(
            export_account(terminal.settings(config), account, target, _Steps(display))
        )
    terminal.print_result(summary, as_json=as_json)


def bring_in(
    account: Annotated[str, typer.Argument(help="User name or e-mail address.", metavar="ACCOUNT")],
    source: Annotated[
        Path, typer.Argument(help="Archive of an account (zip or tar.gz).", metavar="FILE")
    ],
    *,
    posts: Annotated[
        str | None,
        typer.Option(
            "--posts",
            help="Take the posts over, for: public, network, site or followers.",
            metavar="AUDIENCE",
            show_default=False,
        ),
    ] = None,
    followers: Annotated[
        bool, typer.Option("--followers", help="With --posts: also those for followers.")
    ] = False,
    lists: Annotated[
        bool, typer.Option("--lists", help="Take over follows, lists, bookmarks, mutes, blocks.")
    ] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Take over name, biography, links and pictures.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Say what is in an archive of an account, and take over what the options name.

    The site does that as soon as it runs; the page of the person says how far it is.
    """
    from fedrse.app.bring_in import choices_of, import_archive  # noqa: PLC0415  (start time)

    async def run() -> dict[str, object]:
        choices = choices_of(posts, followers_too=followers, lists=lists, profile=profile)
        return await import_archive(terminal.settings(config), account, source, choices)

    summary = terminal.run(run())
    terminal.print_result(summary, as_json=as_json)


class _Steps:
    """A bar per step of the work."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._tasks: dict[str, Any] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        name = step.partition(" ")[0]
        if name not in self._tasks:
            self._tasks[name] = self._display.add_task(step, total=total)
        self._display.update(self._tasks[name], completed=done, total=total, description=step)


async def _in_thread(work: Any, *arguments: Any) -> Any:
    import asyncio  # noqa: PLC0415  (start time)

    return await asyncio.to_thread(work, *arguments)


def _passphrase(file: Path | None, *, secrets: bool, confirm: bool) -> str | None:
    """None where neither secrets nor a file with a passphrase are named."""
    if file is None:
        if not secrets:
            return None
        if not sys.stdin.isatty():
            raise typer.BadParameter("nobody can be asked for the passphrase: --passphrase-file")
        text = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    elif str(file) == "-":
        text = terminal.password_from_stdin()
    else:
        try:
            text = file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except OSError as error:
            terminal.fail(f"{file} cannot be read: {error.strerror}")
    return str(text)


def _default_name(settings: Settings) -> str:
    from fedrse.core.clock import SystemClock, to_iso_seconds  # noqa: PLC0415  (start time)

    host = settings.host.replace(":", "-")
    moment = to_iso_seconds(SystemClock().now()).replace(":", "").replace("-", "")
    return f"fedrse-{host}-{moment}.tar"


def _restore_configuration(source: Path, passphrase: str, path: Path | None) -> None:
    """Writes the configuration file of the backup where there is none yet."""
    from fedrse.app.backup.restore import read_secrets  # noqa: PLC0415  (start time)
    from fedrse.app.secret_file import write_secret  # noqa: PLC0415  (start time)

    if path is None or path.exists():
        return
    found = terminal.run(_in_thread(read_secrets, source, passphrase))
    if found.configuration is None:
        terminal.fail("The backup has no configuration: write one with `fedrse init` first.")
    write_secret(path, found.configuration.encode())
    terminal.note(f"The configuration of the backup is now {path}.")


def _show(manifest: Manifest, path: Path, *, as_json: bool, sentence: str) -> None:
    from fedrse.core.clock import to_iso_seconds  # noqa: PLC0415  (start time)

    summary: dict[str, object] = {
        "file": str(path),
        "bytes": path.stat().st_size,
        "site": manifest.base_url,
        "created_at": to_iso_seconds(manifest.created_at),
        "software": manifest.software,
        "database": manifest.dialect,
        "schema": manifest.schema,
        "rows": sum(manifest.tables.values()),
        "media_files": manifest.media,
        "secrets": manifest.has_secrets,
    }
    if as_json:
        terminal.print_json(summary)
        return
    terminal.note(f"{sentence}:")
    terminal.print_pairs(summary)
