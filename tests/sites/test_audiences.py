"""Who sees what: every audience, viewer and surface, against the table of the design.

One author on the site lyon writes one post per audience; each names a person of another site and
carries a tag and a word of its own. The table below says who may read it; where it can show up
follows from that and from what the surface is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sites.group import Group
from tests.sites.person import Person
from tests.sites.remote_actor import PUBLIC, RemoteActor, RemoteHost, RemoteWorld
from tests.sites.remote_answers import ACTIVITY
from tests.sites.site import Site
from tests.sites.waiting import until
from tests.sites.web import Answer, request

AUDIENCES = {
    "public": {"audience": "public"},
    "unlisted": {"audience": "public", "visibility": "unlisted"},
    "network": {"audience": "network"},
    "default": {"visibility": "public"},
    "site": {"audience": "site"},
    "local_only": {"visibility": "public", "local_only": True},
    "followers": {"visibility": "private"},
    "direct": {"visibility": "direct"},
}
AS_APPS_SEE = {
    "public": "public",
    "unlisted": "unlisted",
    "network": "public",
    "default": "public",
    "site": "private",
    "local_only": "private",
    "followers": "private",
    "direct": "direct",
}
EVERYBODY = frozenset({"author", "colleague", "follower_here", "follower", "member", "named"})
HERE = frozenset({"author", "colleague", "follower_here"})
MAY_READ = {
    "public": EVERYBODY,
    "unlisted": EVERYBODY,
    "network": EVERYBODY,
    "default": EVERYBODY,
    "site": HERE,
    "local_only": HERE,
    "followers": frozenset({"author", "follower_here", "follower"}),
    "direct": frozenset({"author", "named"}),
}
# Hosts that get a copy: lyon is where it is written, nantes has a follower and the named person,
# bruxelles is a member without either, the outsider has a follower who was approved.
DELIVERED = {
    "public": {"nantes", "bruxelles", "outsider"},
    "unlisted": {"nantes", "bruxelles", "outsider"},
    "network": {"nantes", "bruxelles"},
    "default": {"nantes", "bruxelles"},
    "site": set(),
    "local_only": set(),
    "followers": {"nantes"},
    "direct": {"nantes"},
}
# Signed fetches of the post: by somebody of a member site who follows, of one where nobody
# follows, by the outsider who follows, by an outsider who does not.
FETCHED_BY_OUTSIDERS = {"public", "unlisted"}


@dataclass(frozen=True)
class Stage:
    """The people, and the posts by audience."""

    lyon: Site
    nantes: Site
    bruxelles: Site
    people: dict[str, Person]
    outsider: RemoteActor
    posts: dict[str, dict[str, Any]]
    tag: str

    @property
    def author(self) -> Person:
        return self.people["author"]

    def words(self, audience: str) -> str:
        return f"{self.tag}{audience.replace('_', '')}"


@pytest.fixture(scope="module")
def stage(group: Group, outsider: RemoteHost) -> Stage:
    lyon, nantes, bruxelles = group
    people = dict(zip(("author", "colleague", "follower_here"), lyon.newcomers(3), strict=True))
    people |= dict(zip(("follower", "named", "member"), nantes.newcomers(3), strict=True))
    people["far"] = bruxelles.newcomer()
    author = people["author"]
    people["follower_here"].follow(author)
    people["follower"].follow(author)
    for person in people.values():
        person.account_id(author)

    actor = outsider.actor(f"watcher{author.id}")
    follow = actor.activity("Follow", author.uri)
    assert actor.send(lyon, follow).status == 202
    asking = until(lambda: author.get("/api/v1/follow_requests"))
    author.post(f"/api/v1/follow_requests/{asking[0]['id']}/authorize")
    outsider.got("Accept", lambda accept: follow["id"] in str(accept))

    tag = f"audit{author.id}"
    posts = {}
    for audience, options in AUDIENCES.items():
        word = f"{tag}{audience.replace('_', '')}"
        text = f"{word} for @{people['named'].handle} #{tag}"
        posts[audience] = author.write(text, **options)
    group.settled()
    return Stage(lyon, nantes, bruxelles, people, actor, posts, tag)


def uris(statuses: list[dict[str, Any]]) -> set[str]:
    return {status["uri"] for status in statuses}


def id_on(person: Person, uri: str) -> str | None:
    """The id of a post on somebody's site, if it is there at all."""
    rows = person.site.rows(f"SELECT id FROM post WHERE uri = '{uri}'")
    return str(rows[0][0]) if rows else None


# Surfaces: each tells which of the given addresses a person is shown there.

Surface = Callable[[Stage, Person, dict[str, Any]], bool]


def in_home(_stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    return post["uri"] in uris(person.home())


def in_public(_stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    return post["uri"] in uris(person.get("/api/v1/timelines/public", limit=40))


def in_tag(stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    return post["uri"] in uris(person.get(f"/api/v1/timelines/tag/{stage.tag}", limit=40))


def by_id(_stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    identifier = id_on(person, post["uri"])
    if identifier is None:
        return False
    answer = person.answer("GET", f"/api/v1/statuses/{identifier}")
    assert answer.status in {200, 404}
    return answer.status == 200


def in_context(_stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    identifier = id_on(person, post["uri"])
    if identifier is None:
        return False
    answer = person.answer("GET", f"/api/v1/statuses/{identifier}/context")
    assert answer.status in {200, 404}
    return answer.status == 200


def of_account(stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    account = person.account_id(stage.author)
    return post["uri"] in uris(person.get(f"/api/v1/accounts/{account}/statuses", limit=40))


def by_address(_stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    found = person.look_up(post["uri"])
    return found is not None and found["uri"] == post["uri"]


def by_words(stage: Stage, person: Person, post: dict[str, Any]) -> bool:
    audience = next(name for name, item in stage.posts.items() if item is post)
    found = person.get("/api/v2/search", type="statuses", q=stage.words(audience))
    return post["uri"] in uris(found["statuses"])


LISTED = frozenset({"public", "network", "default", "site", "local_only"})
SURFACES: dict[str, Surface] = {
    "home": in_home,
    "public": in_public,
    "tag": in_tag,
    "id": by_id,
    "context": in_context,
    "account": of_account,
    "address": by_address,
}


def expected(surface: str, audience: str, viewer: str) -> bool:
    """Whether a viewer is shown the post on a surface."""
    if viewer not in MAY_READ[audience]:
        return False
    if surface == "home":
        # Direct posts are told by notifications and conversations.
        return audience != "direct" and viewer in {"author", "follower_here", "follower"}
    if surface in {"public", "tag"}:
        return audience in LISTED
    return True


@pytest.mark.parametrize("surface", SURFACES)
def test_every_viewer_of_every_audience(stage: Stage, surface: str) -> None:
    wrong = []
    for audience, post in stage.posts.items():
        for viewer in sorted(EVERYBODY):
            wanted = expected(surface, audience, viewer)
            if SURFACES[surface](stage, stage.people[viewer], post) is not wanted:
                wrong.append((audience, viewer, "missing" if wanted else "LEAKS"))
    assert wrong == []


def test_words_are_found_by_those_who_may_read(stage: Stage) -> None:
    """Search by words never shows more than the table, and shows the author everything."""
    leaks = []
    for audience, post in stage.posts.items():
        until(lambda post=post: by_words(stage, stage.author, post), f"{audience} is indexed")
        leaks += [
            (audience, viewer)
            for viewer in sorted(EVERYBODY - MAY_READ[audience])
            if by_words(stage, stage.people[viewer], post)
        ]
    assert leaks == []
    assert by_words(stage, stage.people["colleague"], stage.posts["network"])


def test_what_apps_see(stage: Stage) -> None:
    for audience, post in stage.posts.items():
        for viewer in sorted(MAY_READ[audience]):
            person = stage.people[viewer]
            status = person.status(id_on(person, post["uri"]) or "")
            assert status["visibility"] == AS_APPS_SEE[audience], (audience, viewer)


def test_copies_go_only_where_they_may(stage: Stage) -> None:
    received = [seen.body.decode() for seen in stage.outsider.host.posts()]
    found = {}
    for audience, post in stage.posts.items():
        found[audience] = {
            site.name
            for site in (stage.nantes, stage.bruxelles)
            if site.rows(f"SELECT 1 FROM inbox_message WHERE activity_id LIKE '{post['uri']}%'")
            or site.rows(f"SELECT 1 FROM post WHERE uri = '{post['uri']}'")
        }
        if any(post["uri"] in body for body in received):
            found[audience].add("outsider")
    assert found == DELIVERED


def test_nothing_reaches_a_stranger(stage: Stage, world: RemoteWorld) -> None:
    assert world.host("stranger.test").posts() == []


def test_signed_fetches(stage: Stage, outsider: RemoteHost) -> None:
    other = outsider.actor(f"passer{stage.author.id}")
    second = outsider.world.host("second.test").actor(f"nobody{stage.author.id}")
    wrong = []
    for audience, post in stage.posts.items():
        for name, actor in (("follower", stage.outsider), ("other", other), ("second", second)):
            answer = actor.get(post["uri"])
            wanted = audience in FETCHED_BY_OUTSIDERS
            if (answer.status == 200) is not wanted or answer.status not in {200, 404}:
                wrong.append((audience, name, answer.status))
    assert wrong == []


def test_unsigned_fetches_say_nothing(stage: Stage) -> None:
    missing = {"uri": f"{stage.lyon.base_url}/ap/n/1", "url": f"{stage.lyon.base_url}/@nobody/1"}
    for accept in (ACTIVITY, "text/html", "*/*"):
        for kind in ("uri", "url"):
            nothing = without_address(request(missing[kind], headers={"Accept": accept}))
            for audience, post in stage.posts.items():
                answer = request(post[kind], headers={"Accept": accept})
                assert stage.tag not in answer.text, (audience, kind, accept)
                assert without_address(answer) == nothing, (audience, kind, accept)


def without_address(answer: Answer) -> tuple[int, str]:
    """The status, and the text without where the sign-in page leads to afterwards."""
    return answer.status, re.sub(r'next=[^"]*', "", answer.text)


@pytest.mark.parametrize(
    "path",
    ["", "/context", "/favourited_by", "/reblogged_by", "/history", "/source"],
)
def test_nobody_without_a_token_reads_the_api(stage: Stage, path: str) -> None:
    for audience, post in stage.posts.items():
        url = f"{stage.lyon.base_url}/api/v1/statuses/{post['id']}{path}"
        answer = request(url)
        assert answer.status in {401, 404}, (audience, path, answer)
        assert stage.tag not in answer.text


def test_timelines_without_a_token(stage: Stage) -> None:
    for path in (
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        f"/api/v1/timelines/tag/{stage.tag}",
        f"/api/v1/accounts/{stage.author.id}/statuses",
        f"/api/v2/search?q={stage.tag}",
        f"/@{stage.author.username}",
    ):
        answer = request(stage.lyon.base_url + path, headers={"Accept": "*/*"})
        assert answer.status < 500
        assert stage.words("network") not in answer.text, path
        assert stage.words("followers") not in answer.text, path


def items(actor: RemoteActor, uri: str) -> str:
    """Everything that an actor is shown of a collection, as text."""
    shown = ""
    answer = actor.get(uri)
    if answer.status != 200:
        return shown
    document = answer.json()
    shown += answer.text
    following = document.get("first")
    while isinstance(following, str):
        answer = actor.get(following)
        shown += answer.text
        following = answer.json().get("next")
    return shown + json.dumps(following)


def test_collections_hold_what_the_reader_may_see(stage: Stage) -> None:
    document = stage.outsider.get(stage.author.uri).json()
    outbox = items(stage.outsider, document["outbox"])
    for audience, post in stage.posts.items():
        assert (post["uri"] in outbox) is (audience in FETCHED_BY_OUTSIDERS), audience
    for name in ("featured", "featuredTags", "followers", "following"):
        shown = items(stage.outsider, document[name])
        assert stage.people["follower"].uri not in shown
        assert not [name for name, post in stage.posts.items() if post["uri"] in shown]


def test_replies_are_shown_to_those_who_may_read_them(stage: Stage) -> None:
    """A narrower reply to a public post: neither counted nor listed for whoever may not see it."""
    post = stage.posts["public"]
    secret = stage.author.write(
        f"secret of {stage.tag}", in_reply_to_id=post["id"], visibility="private"
    )
    stage.lyon.settled()
    for viewer in ("colleague", "member"):
        person = stage.people[viewer]
        context = person.get(f"/api/v1/statuses/{id_on(person, post['uri'])}/context")
        assert secret["uri"] not in uris(context["descendants"]), viewer
    shown = items(stage.outsider, f"{post['uri']}/replies")
    assert secret["uri"] not in shown
    document = stage.outsider.get(post["uri"]).json()
    replies = document["replies"]
    assert (replies if isinstance(replies, dict) else {}).get("totalItems", 0) == 0


def test_no_boost_and_like_of_what_one_cannot_see(stage: Stage) -> None:
    for audience in ("followers", "direct", "site"):
        post = stage.posts[audience]
        before = stage.author.status(post["id"])
        for kind, extra in (("Like", {}), ("Announce", {"to": [PUBLIC]})):
            message = stage.outsider.activity(kind, post["uri"], **extra)
            assert stage.outsider.send(stage.lyon, message).status in {202, 403, 404}
        stage.lyon.settled()
        after = stage.author.status(post["id"])
        for name in ("favourites_count", "reblogs_count"):
            assert after[name] == before[name] == 0, (audience, name)


def test_private_posts_are_not_shared(stage: Stage) -> None:
    follower = stage.people["follower_here"]
    answer = follower.answer("POST", f"/api/v1/statuses/{stage.posts['followers']['id']}/reblog")
    assert answer.status in {403, 404, 422}
    network = id_on(stage.people["member"], stage.posts["network"]["uri"])
    boost = stage.people["member"].post(f"/api/v1/statuses/{network}/reblog", visibility="public")
    stage.nantes.settled()
    bodies = [seen.body.decode() for seen in stage.outsider.host.posts()]
    assert not [body for body in bodies if stage.posts["network"]["uri"] in body]
    assert stage.outsider.get(boost["uri"]).status == 404
