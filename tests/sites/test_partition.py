"""Sites cut off from each other go on, and show the same when they meet again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sites.group import Group, make_group
from tests.sites.links import Links
from tests.sites.person import Person
from tests.sites.site import Site
from tests.sites.waiting import until


@pytest.fixture(scope="module")
def apart(
    postgres: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Group, Links]]:
    """Three sites that reach each other only through links."""
    with Links() as links:
        folder = tmp_path_factory.mktemp("partition")
        made = make_group(folder, 3, postgres=postgres, start=False)
        for site in made:
            connect = links.overrides(site, made.sites)
            site.configure(made.sites, extra={"outgoing": {"connect": connect}})
            site.start()
        yield made, links
        made.stop()


def every_pair(group: Group) -> list[tuple[Site, Site]]:
    first, second, third = group
    return [(first, second), (first, third), (second, third)]


def meet_again(group: Group, links: Links) -> None:
    """Heals all links; time passes, and everybody notices that the others are back."""
    links.heal(*every_pair(group))
    for site in group:
        site.time_passes()
    for site in group:
        site.newcomer().write("tick")
    for site in group:
        site.time_passes()
    group.settled()


def shown(person: Person, uris: list[str]) -> dict[str, Any]:
    """What somebody sees of posts: texts, totals and answers, independent of local ids."""
    found: dict[str, Any] = {}
    for uri in uris:
        status = person.look_up(uri)
        if status is None:
            found[uri] = None
            continue
        status = person.status(status["id"])
        context = person.get(f"/api/v1/statuses/{status['id']}/context")
        found[uri] = (
            status["content"],
            status["favourites_count"],
            status["reblogs_count"],
            status["replies_count"],
            sorted(item["uri"] for item in context["descendants"]),
            [item["uri"] for item in context["ancestors"]],
        )
    return found


def agree(people: list[Person], uris: list[str]) -> dict[str, Any]:
    """Waits until all see the same; returns it."""

    def views() -> list[dict[str, Any]]:
        return [shown(person, uris) for person in people]

    def same() -> dict[str, Any] | None:
        first, *others = views()
        return first if all(other == first for other in others) else None

    found = until(same, lambda: "\n".join(str(view) for view in views()), seconds=40)
    assert found is not None
    return found


def followers(person: Person, of: Person) -> tuple[int, int]:
    account = person.get(f"/api/v1/accounts/{person.account_id(of)}")
    return account["followers_count"], account["following_count"]


def test_everybody_goes_on_alone(apart: tuple[Group, Links]) -> None:
    """An author, somebody who likes and an onlooker, each on a site of their own."""
    group, links = apart
    author, liker, onlooker = (site.newcomer() for site in group)
    for person in (liker, onlooker):
        person.follow(author)
        author.follow(person)
    liker.follow(onlooker)
    old = author.write("Written before")
    doomed = author.write("To be deleted")
    at_liker, at_onlooker = liker.arrived(old["uri"]), onlooker.arrived(old["uri"])
    doomed_there = liker.arrived(doomed["uri"])
    onlooker.arrived(doomed["uri"])
    group.settled()

    links.cut(*every_pair(group))
    new = author.write("Written alone")
    author.call("PUT", f"/api/v1/statuses/{old['id']}", {"status": "Edited once"})
    author.call("PUT", f"/api/v1/statuses/{old['id']}", {"status": "Edited twice"})
    liker.on(at_liker, "favourite")
    liker.on(doomed_there, "favourite")
    reply = liker.write(f"@{author.handle} I agree", in_reply_to_id=at_liker["id"])
    own = liker.write("From the liker")
    onlooker.on(at_onlooker, "favourite")
    onlooker.on(at_onlooker, "reblog")
    other = onlooker.write(f"@{author.handle} I do not", in_reply_to_id=at_onlooker["id"])
    author.on(old, "favourite")
    author.delete(doomed)
    newcomer = group[2].newcomer()
    wanted = newcomer.answer("POST", f"/api/v1/accounts/{onlooker.id}/follow")
    assert wanted.ok
    at_onlooker_liker = onlooker.account_id(author)
    onlooker.post(f"/api/v1/accounts/{at_onlooker_liker}/unfollow")

    meet_again(group, links)
    uris = [old["uri"], new["uri"], reply["uri"], own["uri"], other["uri"], doomed["uri"]]
    seen = agree([author, liker, onlooker], uris)
    assert seen[old["uri"]] == (
        "<p>Edited twice</p>",
        3,
        1,
        2,
        sorted([reply["uri"], other["uri"]]),
        [],
    )
    assert seen[doomed["uri"]] is None
    assert seen[reply["uri"]][5] == [old["uri"]]
    assert liker.arrived(new["uri"])
    assert author.arrived(own["uri"])
    for person in (author, liker, onlooker):
        until(
            lambda person=person: followers(person, author) == (1, 2),
            lambda person=person: f"{followers(person, author)} at {person.site.name}",
        )


def test_one_site_is_cut_off(apart: tuple[Group, Links]) -> None:
    """The others go on with each other; the third catches up in order."""
    group, links = apart
    lyon, nantes, bruxelles = group
    author, reader, far = lyon.newcomer(), nantes.newcomer(), bruxelles.newcomer()
    reader.follow(author)
    far.follow(author)
    links.cut((lyon, bruxelles), (nantes, bruxelles))
    written = [author.write(f"Number {number}") for number in range(5)]
    for status in written:
        near = reader.arrived(status["uri"])
        reader.on(near, "favourite")
    until(lambda: author.status(written[-1]["id"])["favourites_count"] == 1)
    assert far.sees(written[0]["uri"]) is None
    author.delete(written[1])

    meet_again(group, links)
    uris = [status["uri"] for status in written]
    far.arrived(uris[-1])
    agree([author, reader, far], uris)
    home = [status["uri"] for status in far.home() if status["uri"] in uris]
    assert home == [uris[number] for number in (4, 3, 2, 0)]


def test_a_follow_over_a_cut_link(apart: tuple[Group, Links]) -> None:
    group, links = apart
    lyon, nantes, _ = group
    amina, bruno = lyon.newcomer(), nantes.newcomer()
    account = bruno.account_id(amina)
    links.cut((lyon, nantes))
    bruno.post(f"/api/v1/accounts/{account}/follow")
    assert bruno.relationship(account)["requested"]
    meet_again(group, links)
    until(lambda: bruno.relationship(account)["following"], "accepted in the end")
    post = amina.write("Hello after all")
    bruno.arrived(post["uri"])
