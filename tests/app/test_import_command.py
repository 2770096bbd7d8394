"""``fedrse import``: says what is in an archive, and lets the site take it over."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedrse.app.transfer import make_migration
from fedrse.app.whole import open_whole
from fedrse.features.posts.tables import post
from fedrse.store.database import Transaction
from fedrse.store.statement import Statement
from tests.app.conftest import CommandSite
from tests.features.migration.archives import FOLLOWERS, files, note, zipped

POSTS = Statement(select(post.c.content, post.c.audience).order_by(post.c.id))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "old.zip"
    few = note(3, "For few", to=[FOLLOWERS], cc=[])
    lists = {"blocked_domains.csv": b"spam.example\n"}
    path.write_bytes(zipped(files([note(1, "One"), note(2, "Two"), few]) | lists))
    return path


async def what_the_site_does(site: CommandSite) -> list[Any]:
    async with open_whole(site.settings) as whole:
        make_migration(whole.ground, whole.protocol, whole.services)
        await whole.ground.runner.run_due()

        async def unit(tx: Transaction) -> list[Any]:
            return [tuple(row) for row in await tx.all(POSTS)]

        return await whole.ground.database.read(unit)


def test_an_archive_is_looked_at_and_taken_over(either_site: CommandSite, archive: Path) -> None:
    made = either_site.run("account", "create", "amina", "--email", "amina@b.example")
    assert made.exit_code == 0, made.output
    looked = either_site.run("import", "amina", str(archive), "--json")
    assert looked.exit_code == 0, looked.output
    assert json.loads(looked.stdout) == {
        "archive_of": "@zoe@old.example",
        "account": "@amina@corp.example",
        "posts": 2,
        "posts_for_followers": 1,
        "direct_messages": 0,
        "domain_blocking": 1,
        "begun": False,
    }
    assert asyncio.run(what_the_site_does(either_site)) == []
    wanted = ("import", "amina", str(archive), "--posts", "site", "--followers", "--lists")
    taken = either_site.run(*wanted)
    assert taken.exit_code == 0, taken.output
    found = asyncio.run(what_the_site_does(either_site))
    assert found == [
        ("<p>One</p>", "site"),
        ("<p>Two</p>", "site"),
        ("<p>For few</p>", "followers"),
    ]
    log = either_site.run("audit", "list", "--json")
    assert "data.import" in log.stdout


def test_what_cannot_be_used_is_said(either_site: CommandSite, tmp_path: Path) -> None:
    assert either_site.run("account", "create", "amina", "--email", "a@b.example").exit_code == 0
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK broken")
    for arguments, sentence in (
        (("nobody", str(broken)), "Nobody here is called"),
        (("amina", str(tmp_path / "none.zip")), "There is no file"),
        (("amina", str(broken)), "This archive is broken"),
        (("amina", str(broken), "--posts", "direct"), "Posts can be for"),
    ):
        refused = either_site.run("import", *arguments)
        assert refused.exit_code == 1
        assert sentence in " ".join(refused.output.split())
