"""Reports of other sites, in the shapes of several servers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.dispatch import Dispatcher, Ignored, Needs, Refused
from fedrse.features.accounts.model import Account
from fedrse.features.moderation.activities import ReportActivities
from fedrse.features.moderation.model import (
    LONGEST_REMOTE_COMMENT,
    MOST_POSTS,
    Report,
    read_flag,
)
from fedrse.features.moderation.service import Reports
from fedrse.features.moderation.tables import report as table
from fedrse.features.posts.model import Audience, Visibility
from tests.features.fakes import ORIGIN
from tests.features.posts.studio import MEMBER, OTHER_MEMBER, Studio


def test_the_value_has_the_columns_of_the_table() -> None:
    assert Report.__struct_fields__ == tuple(column.name for column in table.columns)


async def flag(
    studio: Studio, activities: ReportActivities, sender: Account, activity: dict[str, Any]
) -> str:
    dispatcher = Dispatcher()
    activities.register(dispatcher)
    received = studio.cast.received(sender, {"type": "Flag"} | activity)
    return await studio.database.write(dispatcher.dispatch, received)


async def the_report(studio: Studio, reports: Reports) -> Report:
    (found,) = await studio.database.read(reports.open_reports)
    return found


async def test_mastodon(studio: Studio, reports: Reports, activities: ReportActivities) -> None:
    amina = await studio.cast.local("amina")
    nantes = await studio.nantes()
    first, second = await studio.write(amina), await studio.write(amina)
    activity = {
        "id": f"https://{MEMBER}/ap/r/1",
        "content": "Ce n'est <b>pas</b> bien\x07",
        "object": [amina.uri, first.uri, second.uri],
        "to": amina.uri,
    }
    assert await flag(studio, activities, nantes, activity) == "reported"
    found = await the_report(studio, reports)
    assert (found.account_id, found.target_id) == (nantes.id, amina.id)
    assert found.post_uris == [first.uri, second.uri]
    assert found.comment == "Ce n'est pas bien"
    assert (found.uri, found.category, found.state) == (activity["id"], "other", "open")
    assert (found.local, found.forwarded) == (False, False)
    # The same once more, perhaps with another text.
    assert await flag(studio, activities, nantes, activity | {"content": "?"}) == "known"
    assert await the_report(studio, reports) == found


async def test_misskey(studio: Studio, reports: Reports, activities: ReportActivities) -> None:
    """The object is the account; addresses stand in the text; nobody is addressed."""
    amina = await studio.cast.local("amina")
    otto = await studio.cast.remote("otto", MEMBER)
    first, second = await studio.write(amina), await studio.write(amina)
    activity = {
        "object": amina.uri,
        "content": f"Note: {first.uri}\nLocal Note: {second.url}\n-----\nspam https://x.example/1",
    }
    assert await flag(studio, activities, otto, activity) == "reported"
    found = await the_report(studio, reports)
    assert found.post_uris == [first.uri, second.uri]
    assert found.comment.startswith("Note: ")


async def test_a_post_without_its_author(
    studio: Studio, reports: Reports, activities: ReportActivities
) -> None:
    amina = await studio.cast.local("amina")
    nantes = await studio.nantes()
    post = await studio.write(amina)
    activity = {"object": {"id": post.uri, "type": "Note"}, "content": None}
    assert await flag(studio, activities, nantes, activity) == "reported"
    found = await the_report(studio, reports)
    assert (found.target_id, found.post_uris, found.comment) == (amina.id, [post.uri], "")


async def test_only_posts_of_the_reported_count(
    studio: Studio, reports: Reports, activities: ReportActivities
) -> None:
    amina, bruno = await studio.cast.local("amina"), await studio.cast.local("bruno")
    dora = await studio.cast.remote("dora", OTHER_MEMBER)
    nantes = await studio.nantes()
    mine, others = await studio.write(amina), await studio.write(bruno)
    boost = await studio.do(studio.posts.boost, amina, others.id)
    objects = [
        "https://nobody.example/1",
        dora.uri,
        amina.uri,
        others.uri,
        mine.uri,
        boost.uri,
        f"{ORIGIN}/ap/n/7",
        f"{ORIGIN}/ap/n/{mine.id}/replies",
        f"{ORIGIN}/@amina/99999999999999999999",
        f"{ORIGIN}/@amina/x",
    ]
    assert await flag(studio, activities, nantes, {"object": objects}) == "reported"
    found = await the_report(studio, reports)
    assert (found.target_id, found.post_uris) == (amina.id, [mine.uri])


async def test_about_nobody_here(
    studio: Studio, reports: Reports, activities: ReportActivities
) -> None:
    dora = await studio.cast.remote("dora", OTHER_MEMBER)
    nantes = await studio.nantes()
    for objects in ([dora.uri], [f"{ORIGIN}/ap/u/7"], [f"{ORIGIN}/ap/n/7"], ["x"]):
        with pytest.raises(Ignored, match="nobody_here"):
            await flag(studio, activities, nantes, {"object": objects})
    for objects in ([], None, 7, [None], {}):
        with pytest.raises(Refused, match="no_object"):
            await flag(studio, activities, nantes, {"object": objects})
    assert await studio.database.read(reports.open_reports) == []


async def test_an_id_of_another_site_is_refused(
    studio: Studio, reports: Reports, activities: ReportActivities
) -> None:
    amina = await studio.cast.local("amina")
    nantes = await studio.nantes()
    activity = {"id": f"https://{OTHER_MEMBER}/ap/r/1", "object": amina.uri}
    with pytest.raises(Refused, match="foreign_id"):
        await flag(studio, activities, nantes, activity)


async def test_an_unknown_sender_is_fetched_first(
    studio: Studio, activities: ReportActivities
) -> None:
    from fedrse.activitypub.dispatch import Received

    actor = f"https://{MEMBER}/actor"
    received = Received(f"{actor}#1", "Flag", actor, MEMBER, {"object": f"{ORIGIN}/ap/u/1"}, 0)
    with pytest.raises(Needs, match=actor):
        await studio.database.write(activities.flag, received)


# What is written for whom, and whether a person or the site that reports can have read it.
EVIDENCE = [
    ({"audience": Audience.PUBLIC}, True, True),
    ({"audience": Audience.NETWORK}, True, True),
    ({"local_only": True}, False, False),
    ({"visibility": Visibility.PRIVATE}, True, True),
    ({"visibility": Visibility.DIRECT, "text": "@otto@nantes.corp.example"}, True, True),
    ({"visibility": Visibility.DIRECT, "text": "@olga@nantes.corp.example"}, False, True),
    ({"visibility": Visibility.DIRECT, "text": "@dora@oslo.corp.example"}, False, False),
]


@pytest.mark.parametrize(("draft", "person", "site"), EVIDENCE)
async def test_only_posts_that_they_can_have_read(
    studio: Studio,
    reports: Reports,
    activities: ReportActivities,
    draft: dict[str, Any],
    person: bool,
    site: bool,
) -> None:
    amina = await studio.cast.local("amina")
    otto, olga = await studio.cast.remote("otto", MEMBER), await studio.cast.remote("olga", MEMBER)
    await studio.cast.remote("dora", OTHER_MEMBER)
    await studio.follow(olga, amina)
    nantes = await studio.nantes()
    post = await studio.write(amina, **draft)
    for number, (sender, kept) in enumerate(((otto, person), (nantes, site))):
        activity = {"id": f"https://{MEMBER}/r/{number}", "object": [amina.uri, post.uri]}
        assert await flag(studio, activities, sender, activity) == "reported"
        found = (await studio.database.read(reports.open_reports))[0]
        assert found.post_uris == ([post.uri] if kept else [])
    # A post alone that they cannot have read leads to nobody.
    if not person:
        with pytest.raises(Ignored, match="nobody_here"):
            await flag(studio, activities, otto, {"object": [post.uri]})


def test_bounds() -> None:
    many = [f"https://lyon.corp.example/ap/n/{number}" for number in range(5000)]
    found = read_flag({"object": many, "content": "é" * 100_000})
    assert len(found.uris) == MOST_POSTS + 1
    assert len(found.comment) == LONGEST_REMOTE_COMMENT
    assert read_flag({"object": "x", "content": "<p>" * 40_000}).comment == ""


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "href", "type"]), inner)
    ),
)


@given(objects=_json, content=_json)
def test_any_shape_is_survived(objects: Any, content: Any) -> None:
    found = read_flag({"object": objects, "content": content})
    assert all(isinstance(uri, str) and uri for uri in found.uris)
    assert len(found.comment) <= LONGEST_REMOTE_COMMENT
