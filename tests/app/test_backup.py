"""Backup and restore on both databases: complete, verified, careful."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fedrse.app.backup.archive import MANIFEST, BadBackup, read_archive
from fedrse.app.backup.make import check_backup, make_backup
from fedrse.app.backup.restore import restore_backup
from fedrse.app.backup.sealing import Secrets, seal, unseal
from fedrse.app.secret_file import is_private
from fedrse.core.clock import ManualClock
from fedrse.core.errors import Conflict, FedrseError, Invalid
from fedrse.store.migrate import head
from tests.app.conftest import CommandSite, make_site

PASSPHRASE = "only for this test"
KEYS = ("0a1b" + "0" * 28 + ".webp", "ffee" + "1" * 28)


def fill(site: CommandSite) -> None:
    """Three accounts and two media files."""
    for number, name in enumerate(("amina", "claire", 'k"arim\t\\N é'), 1):
        site.add_account(number, name)
    media = site.folder / "var" / "media"
    for key in KEYS:
        path = media / key[:2] / key[2:4] / key
        path.parent.mkdir(parents=True)
        path.write_bytes(key.encode() * 1000)
    (media / "0a" / ".0a1b.part").write_bytes(b"half")


def names_in(site: CommandSite) -> list[str]:
    async def unit(tx: Any) -> list[str]:
        from sqlalchemy import select

        from fedrse.features.accounts.tables import account
        from fedrse.store.statement import Statement

        rows = await tx.all(Statement(select(account.c.username).order_by(account.c.id)))
        return [row.username for row in rows]

    return list(site.write(unit))


Elsewhere = Callable[[], CommandSite]


@pytest.fixture
def elsewhere(
    request: pytest.FixtureRequest, tmp_path: Path, either_site: CommandSite
) -> Elsewhere:
    """Makes an empty place with the same settings and another secret, for the same database."""

    def make() -> CommandSite:
        database = "sqlite:fedrse.db"
        if either_site.settings.storage.database.startswith("postgresql"):
            database = str(request.getfixturevalue("empty_database"))
        made = make_site(tmp_path / "elsewhere", database)
        (made.folder / "var" / "secret").unlink()
        return made

    return make


def test_everything_comes_back(
    either_site: CommandSite, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    fill(either_site)
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    target = tmp_path / "backup.tar"
    sealed = ("--secrets", "--passphrase-file", str(tmp_path / "passphrase"), "--json")
    result = either_site.run("backup", str(target), *sealed)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert (summary["media_files"], summary["secrets"], summary["schema"]) == (2, True, head())
    assert summary["rows"] >= 3
    assert is_private(target)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

    there = elsewhere()
    result = there.run("restore", str(target), *sealed)
    assert result.exit_code == 0, result.output
    assert names_in(there) == names_in(either_site) == ["amina", "claire", 'k"arim\t\\N é']
    for key in KEYS:
        path = there.folder / "var" / "media" / key[:2] / key[2:4] / key
        assert path.read_bytes() == key.encode() * 1000
    assert len([path for path in (there.folder / "var/media").rglob("*") if path.is_file()]) == 2
    secret = there.folder / "var" / "secret"
    assert secret.read_bytes().strip() == (either_site.folder / "var/secret").read_bytes().strip()
    assert is_private(secret)

    again = there.run("restore", str(target))
    assert again.exit_code == 1
    assert "into an empty place only" in again.stderr


def test_without_passphrase_no_secret_is_inside(
    either_site: CommandSite, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    fill(either_site)
    target = tmp_path / "backup.tar"
    result = either_site.run("backup", str(target))
    assert result.exit_code == 0, result.output
    assert "is not in this backup" in result.stderr
    secret = (either_site.folder / "var" / "secret").read_bytes().strip()
    assert secret not in target.read_bytes()
    there = elsewhere()
    result = there.run("restore", str(target), "--passphrase-file", "-", input_text=PASSPHRASE)
    assert result.exit_code == 1
    assert "without secrets" in result.stderr
    assert there.run("restore", str(target)).exit_code == 0
    assert not (there.folder / "var" / "secret").exists()
    assert names_in(there)[0] == "amina"


def test_without_terminal_and_file_no_passphrase_is_asked_for(
    site: CommandSite, tmp_path: Path
) -> None:
    target = tmp_path / "backup.tar"
    result = site.run("backup", "--secrets", str(target))
    assert result.exit_code == 2
    assert "--passphrase-file" in result.stderr
    assert not target.exists()


def test_writers_go_on_while_a_backup_is_made(either_site: CommandSite, tmp_path: Path) -> None:
    fill(either_site)

    async def work() -> dict[str, int]:
        backup = asyncio.create_task(
            make_backup(either_site.settings, tmp_path / "backup.tar", clock=ManualClock())
        )
        for number in range(10, 30):
            await asyncio.to_thread(either_site.add_account, number, f"person{number}")
        return (await backup).tables

    tables = asyncio.run(work())
    assert 3 <= tables["account"] <= 23
    assert check_backup(tmp_path / "backup.tar").tables == tables


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_damage_is_noticed_before_anything_is_written(
    site: CommandSite, tmp_path: Path, place: float
) -> None:
    fill(site)
    target = tmp_path / "backup.tar"
    assert site.run("backup", str(target)).exit_code == 0
    with tarfile.open(target) as tar:
        member = max(tar.getmembers(), key=lambda each: each.size)
    content = bytearray(target.read_bytes())
    content[member.offset_data + int(member.size * place)] ^= 1
    target.write_bytes(content)
    checked = site.run("restore", str(target), "--check")
    assert checked.exit_code == 1
    assert "damaged" in checked.stderr
    there = make_site(tmp_path / "elsewhere")
    assert there.run("restore", str(target)).exit_code == 1
    assert sorted(path.name for path in (there.folder / "var").iterdir()) == ["secret"]


def rewrite(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with other members."""
    with tarfile.open(source) as tar:
        files = {}
        for member in tar.getmembers():
            content = tar.extractfile(member)
            assert content is not None
            files[member.name] = content.read()
    change(files)
    with tarfile.open(target, "w") as tar:
        for name, content in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))


def manifest_with(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files[MANIFEST] = json.dumps(json.loads(files[MANIFEST]) | changes).encode()

    return change


def climb_out(files: dict[str, bytes]) -> None:
    manifest = json.loads(files[MANIFEST])
    name = next(name for name in files if name.startswith("media/"))
    files["media/../../escaped"] = files.pop(name)
    manifest["files"]["media/../../escaped"] = manifest["files"].pop(name)
    files[MANIFEST] = json.dumps(manifest).encode()


def other_rows(files: dict[str, bytes]) -> None:
    manifest = json.loads(files[MANIFEST])
    manifest["tables"]["account"] += 1
    files[MANIFEST] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda files: files.pop(MANIFEST), "no manifest"),
        (lambda files: files.update({MANIFEST: b"{"}), "manifest cannot be read"),
        (manifest_with(format=2), "has format 2"),
        (manifest_with(schema="9999"), "has schema 9999"),
        (manifest_with(base_url="https://other.example"), "backup of https://other.example"),
        (manifest_with(dialect="postgresql"), "postgresql database"),
        (lambda files: files.update({"media/aa/more": b"x"}), "do not fit"),
        (lambda files: files.pop("database/fedrse.db.gz"), "do not fit"),
        (climb_out, "do not fit"),
        (other_rows, "other rows"),
    ],
)
def test_what_does_not_fit_is_refused(
    site: CommandSite, tmp_path: Path, change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    fill(site)
    source, target = tmp_path / "backup.tar", tmp_path / "changed.tar"
    assert site.run("backup", str(source)).exit_code == 0
    rewrite(source, target, change)
    there = make_site(tmp_path / "elsewhere")
    with pytest.raises(FedrseError) as caught:
        asyncio.run(restore_backup(there.settings, target))
    assert reason in caught.value.message
    assert not (there.folder / "var" / "fedrse.db").exists()
    assert not (there.folder / "var" / "media").exists()
    assert not (tmp_path / "escaped").exists()


def test_a_failed_restore_leaves_postgresql_empty(
    postgres_url: str, empty_database: str, tmp_path: Path
) -> None:
    from fedrse.app.backup.postgres_part import is_empty
    from fedrse.store.migrate import upgrade

    source = make_site(tmp_path / "lyon", postgres_url)
    asyncio.run(upgrade(postgres_url, tmp_path))
    fill(source)
    assert source.run("backup", str(tmp_path / "backup.tar")).exit_code == 0
    rewrite(tmp_path / "backup.tar", tmp_path / "changed.tar", other_rows)
    there = make_site(tmp_path / "elsewhere", empty_database)
    with pytest.raises(BadBackup, match="has 3 rows instead of 4"):
        asyncio.run(restore_backup(there.settings, tmp_path / "changed.tar"))
    assert asyncio.run(is_empty(empty_database))
    assert there.run("restore", str(tmp_path / "backup.tar")).exit_code == 0


def test_another_secret_is_never_overwritten(site: CommandSite, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    sealed = ("--passphrase-file", "-")
    assert site.run("backup", str(target), *sealed, input_text=PASSPHRASE).exit_code == 0
    there = make_site(tmp_path / "elsewhere")
    before = (there.folder / "var" / "secret").read_bytes()
    result = there.run("restore", str(target), *sealed, input_text=PASSPHRASE)
    assert result.exit_code == 1
    assert "another secret" in result.stderr
    assert (there.folder / "var" / "secret").read_bytes() == before
    assert not (there.folder / "var" / "fedrse.db").exists()


def test_a_lost_configuration_comes_back(site: CommandSite, tmp_path: Path) -> None:
    fill(site)
    target = tmp_path / "backup.tar"
    sealed = ("--passphrase-file", "-")
    assert site.run("backup", str(target), *sealed, input_text=PASSPHRASE).exit_code == 0
    text = site.configuration.read_text()
    shutil.rmtree(site.folder)
    site.folder.mkdir()
    result = site.run("restore", str(target), *sealed, input_text=PASSPHRASE)
    assert result.exit_code == 0, result.output
    assert site.configuration.read_text() == text
    assert is_private(site.configuration)
    assert names_in(site)[0] == "amina"


def test_a_damaged_database_is_not_saved(site: CommandSite, tmp_path: Path) -> None:
    with sqlite3.connect(site.folder / "var" / "fedrse.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(
            "INSERT INTO login (account_id, email, password_hash, created_at) VALUES (9,'a','b',0)"
        )
    connection.close()
    result = site.run("backup", str(tmp_path / "backup.tar"))
    assert result.exit_code == 1
    assert "rows refer to others that are missing" in result.stderr
    assert not (tmp_path / "backup.tar").exists()


def test_nothing_is_overwritten(site: CommandSite, tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_text("mine")
    result = site.run("backup", str(tmp_path / "backup.tar"))
    assert result.exit_code == 1
    assert (tmp_path / "backup.tar").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"no tar", b"\0" * 10240, b"PK\x03\x04" + b"x" * 2000])
def test_other_files_are_no_backups(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BadBackup), read_archive(tmp_path / "file"):
        pass


def test_secrets_open_with_their_passphrase_and_backup_only() -> None:
    secrets = Secrets(b"s" * 40, "[site]\n")
    sealed = seal(secrets, PASSPHRASE, "one")
    assert unseal(sealed, PASSPHRASE, "one") == secrets
    assert b"s" * 40 not in sealed
    changed = bytearray(sealed)
    changed[-1] ^= 1
    for wrong in ((sealed, "other passphrase", "one"), (sealed, PASSPHRASE, "two")):
        with pytest.raises(BadBackup):
            unseal(*wrong)
    with pytest.raises(BadBackup):
        unseal(bytes(changed), PASSPHRASE, "one")
    with pytest.raises(BadBackup):
        unseal(b"", PASSPHRASE, "one")


def test_short_passphrases_are_refused(site: CommandSite, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        asyncio.run(make_backup(site.settings, tmp_path / "b.tar", passphrase="short"))
    assert not (tmp_path / "b.tar").exists()


def test_an_empty_database_is_no_backup(tmp_path: Path) -> None:
    made = make_site(tmp_path / "lyon")
    result = made.run("backup", str(tmp_path / "b.tar"))
    assert result.exit_code == 1
    assert "no database" in result.stderr
    sqlite3.connect(made.folder / "var" / "fedrse.db").close()
    with pytest.raises(Conflict):
        asyncio.run(make_backup(made.settings, tmp_path / "b.tar"))
