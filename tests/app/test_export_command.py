"""``fedrse export``: everything of a person is in the archive, nothing of others."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fedrse.app.secret_file import is_private
from fedrse.app.whole import Whole, open_whole
from fedrse.blobs.pictures import process_image
from fedrse.core.clock import DAY
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience, Draft
from fedrse.features.posts.model_form import ComposeForm
from fedrse.features.posts.service_drafts import Drafts
from fedrse.features.profiles.model import Card, Skill
from fedrse.features.scheduling.service import Scheduling
from fedrse.store.database import Transaction
from tests.app.conftest import CommandSite


async def person(whole: Whole, name: str) -> Account:
    async def unit(tx: Transaction) -> Account:
        found = await whole.services.accounts.by_handle(tx, name, None)
        assert found is not None
        return found

    return await whole.ground.database.read(unit)


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(file, "PNG")
    return file.getvalue()


async def live(site: CommandSite) -> None:
    """Amina posts, replies, shares, likes, bookmarks, follows, blocks and mutes."""
    async with open_whole(site.settings) as whole:
        write, services = whole.ground.database.write, whole.services
        amina, claire = await person(whole, "amina"), await person(whole, "claire")
        karim, eve = await person(whole, "karim"), await person(whole, "eve")
        image = process_image(picture())
        keys = services.media.name_image(image)
        await services.blobs.put(keys[0], image.content)
        await services.blobs.put(keys[1], image.preview)
        media = await write(services.media.add_image, amina.id, image, keys)
        own = await write(
            services.posts.publish,
            amina,
            Draft(text="Première *note*", media_ids=(media.id,), language="fr"),
        )
        secret = Draft(text="@claire entre nous", audience=Audience.DIRECT)
        await write(services.posts.publish, amina, secret)
        others = await write(services.posts.publish, claire, Draft(text="Hello of Claire"))
        await write(services.posts.publish, amina, Draft(text="A reply", reply_to_id=others.id))
        await write(services.posts.boost, amina, others.id)
        await write(services.reactions.add, amina, others, claire)
        await write(services.reactions.add, claire, own, amina)
        await begin_writing(whole, amina, others.id)
        await write(services.posts.marks.bookmark, amina.id, others.id)
        expert = Card(expertise=(Skill("Welding", 12),))
        await write(services.profiles.save, amina.id, expert, {})
        await write(services.confirmations.confirm, claire.id, amina.id, "welding")
        await write(services.relationships.follow, amina, claire)
        await write(services.relationships.follow, karim, amina)
        await write(services.relationships.block, amina, eve)
        await write(services.relationships.mute, amina.id, karim.id, notifications=False)


async def begin_writing(whole: Whole, author: Account, answered: int) -> None:
    """A draft with a picture that answers, and a post with a poll for later."""
    ground, services = whole.ground, whole.services
    made: dict[str, Any] = {"clock": ground.clock, "ids": ground.ids, "events": ground.events}
    made["media"] = services.media
    image = process_image(picture())
    keys = services.media.name_image(image)
    await services.blobs.put(keys[0], image.content)
    await services.blobs.put(keys[1], image.preview)
    media = await ground.database.write(services.media.add_image, author.id, image, keys)
    form = ComposeForm(
        text="Half a sentence",
        reply_to=answered,
        media=(media.id,),
        descriptions={media.id: "All red"},
        when="2031-01-01T09:30",
        key="k",
    )
    await ground.database.write(Drafts(**made).save, author.id, form, kept=True)
    scheduling = Scheduling(
        **made,
        queue=ground.queue,
        posts=services.posts,
        people=services.accounts,
        media_urls=services.media_urls,
    )
    poll = {"options": ["Soup", "Salad"], "expires_in": 3600}
    later = Draft(text="Lunch?", poll=poll, language="en", audience=Audience.SITE)
    at = ground.clock.now() + DAY
    await ground.database.write(scheduling.schedule, author, later, at)


@pytest.fixture
def lived(either_site: CommandSite) -> CommandSite:
    for name in ("amina", "claire", "karim", "eve"):
        made = either_site.run("account", "create", name, "--email", f"{name}@b.example")
        assert made.exit_code == 0, made.output
    asyncio.run(live(either_site))
    return either_site


def read(archive: zipfile.ZipFile, name: str) -> Any:
    return json.loads(archive.read(name))


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_everything_is_inside(lived: CommandSite, tmp_path: Path) -> None:
    target = tmp_path / "amina.zip"
    result = lived.run("export", "amina", str(target), "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    expected = {"posts": 4, "likes": 1, "bookmarks": 1, "following_accounts": 1, "followers": 1}
    expected |= {"blocked_accounts": 1, "muted_accounts": 1, "files": 2}
    expected |= {"drafts": 1, "scheduled": 1}
    assert {name: summary[name] for name in expected} == expected
    assert is_private(target)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        actor = read(archive, "actor.json")
        assert actor["preferredUsername"] == "amina"
        assert actor["outbox"] == "outbox.json"
        outbox = read(archive, "outbox.json")
        assert outbox["totalItems"] == len(outbox["orderedItems"]) == 4
        kinds = [item["type"] for item in outbox["orderedItems"]]
        assert kinds == ["Create", "Create", "Create", "Announce"]
        first, direct = outbox["orderedItems"][:2]
        note = first["object"]
        assert note["source"] == {"content": "Première *note*", "mediaType": "text/plain"}
        (attachment,) = note["attachment"]
        assert attachment["url"].startswith("media_attachments/")
        assert Image.open(io.BytesIO(archive.read(attachment["url"]))).size == (20, 10)
        assert direct["object"]["source"]["content"] == "@claire entre nous"
        claires = read(archive, "likes.json")["orderedItems"]
        assert claires == read(archive, "bookmarks.json")["orderedItems"]
        assert outbox["orderedItems"][2]["object"]["inReplyTo"] == claires[0]
        assert rows(archive, "following_accounts.csv") == [
            {
                "Account address": "claire@corp.example",
                "Show boosts": "true",
                "Notify on new posts": "false",
                "Languages": "",
            }
        ]
        assert rows(archive, "followers.csv") == [{"Account address": "karim@corp.example"}]
        assert rows(archive, "blocked_accounts.csv") == [{"Account address": "eve@corp.example"}]
        assert rows(archive, "muted_accounts.csv") == [
            {"Account address": "karim@corp.example", "Hide notifications": "false"}
        ]
        assert read(archive, "login.json")["email"] == "amina@b.example"
        card = read(archive, "card.json")
        assert card["card"]["expertise"] == [{"name": "Welding", "years": 12}]
        assert card["visibility"]["expertise"] == {"level": "network"}
        (confirmed,) = card["confirmed"]
        assert (confirmed["skill"], confirmed["by"]) == ("Welding", "claire")
        assert card["confirms"] == []
        (draft,) = read(archive, "drafts.json")
        assert (draft["content"], draft["publish_at"]) == ("Half a sentence", "2031-01-01T09:30")
        assert draft["inReplyTo"] == claires[0]
        (file,) = draft["attachment"]
        assert file["name"] == "All red"
        assert Image.open(io.BytesIO(archive.read(file["url"]))).size == (20, 10)
        (later,) = read(archive, "scheduled.json")
        assert (later["content"], later["audience"], later["visibility"]) == (
            *("Lunch?", "site"),
            "private",
        )
        assert later["poll"]["options"] == ["Soup", "Salad"]
        assert later["publish_at"] > draft["changed_at"]
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Hello of Claire" not in text
    assert b"argon2" not in text
    assert b"PRIVATE" not in text


def test_others_get_their_own_only(lived: CommandSite, tmp_path: Path) -> None:
    result = lived.run("export", "eve@b.example", str(tmp_path / "eve.zip"), "--json")
    summary = json.loads(result.stdout)
    assert (summary["posts"], summary["likes"], summary["blocked_accounts"]) == (0, 0, 0)


def test_what_cannot_be_exported(site: CommandSite, tmp_path: Path) -> None:
    assert site.run("account", "create", "amina", "--email", "a@b.example").exit_code == 0
    unknown = site.run("export", "nobody", str(tmp_path / "x.zip"))
    assert unknown.exit_code == 1
    (tmp_path / "mine.zip").write_text("mine")
    taken = site.run("export", "amina", str(tmp_path / "mine.zip"))
    assert taken.exit_code == 1
    assert (tmp_path / "mine.zip").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["mine.zip"]
    assert list(tmp_path.glob(".*part")) == []
