"""Mastodon.py, under most scripts and bots: each method with people of two sites.

It compares versions before it calls, and turns answers into typed entities; see ``typed``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mastodon import (
    Mastodon,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
    StreamListener,
)

from tests.clients.mastodon_py_people import (
    distance,
    filters,
    letters,
    lists_and_tags,
    notifications,
    people,
    profile,
)
from tests.clients.mastodon_py_posts import edits_and_quotes, marks, paging, polls, posts, scheduled
from tests.clients.stage import OPERATIONS, Stage, allow, picture
from tests.clients.typed import Checked, Record
from tests.sites.person import Person
from tests.sites.waiting import until

SCOPES = ["profile", "read", "write", "follow", "push"]


def client_of(person: Person, record: Record) -> Checked:
    made = Mastodon(
        api_base_url=person.site.base_url, access_token=person.token, ratelimit_method="throw"
    )
    return Checked(made, record)


def test_every_kind_of_method(stage: Stage, tmp_path: Path) -> None:
    record = Record()
    amina, clara = stage.lyon.newcomers(2)
    bruno = stage.nantes.newcomer()
    me, clara_, bruno_ = (client_of(person, record) for person in (amina, clara, bruno))
    image = picture(tmp_path / "square.png").read_bytes()
    with logged_in(amina, record) as own:
        instance(own)
        profile(own, image)
        remote = people(own, amina, bruno)
        status, there = posts(own, bruno_, bruno, image)
        marks(own, bruno_, there, status)
        edits_and_quotes(own, bruno_, status, there)
        polls(own, bruno_, bruno)
        scheduled(own)
        paging(own, amina)
        lists_and_tags(own, bruno_, remote)
        filters(own, status)
        notifications(own, bruno_, clara_, (status, there), amina)
        letters(own, bruno_, amina)
        distance(own, bruno_, remote, status, amina)
        community(own, clara_, bruno_, stage)
        push(own, clara_, stage, amina)
        streaming(own, bruno_)
        own.status_delete(status)
        with pytest.raises(MastodonNotFoundError):
            own.status(status)
    assert me.account_verify_credentials().id == amina.id
    assert not record.wrong, "\n".join(record.wrong)
    assert len(record.done) >= OPERATIONS, record.done


@contextmanager
def logged_in(person: Person, record: Record) -> Iterator[Checked]:
    """Registers an app and gets a token by a code; takes it back at the end."""
    key, secret = Mastodon.create_app(
        "Mastodon.py", scopes=SCOPES, api_base_url=person.site.base_url
    )
    client = Mastodon(
        client_id=key,
        client_secret=secret,
        api_base_url=person.site.base_url,
        ratelimit_method="throw",
    )
    own = Checked(client, record)
    address = own.auth_request_url(scopes=SCOPES, allow_http=True)
    token = own.log_in(code=allow(person, address), scopes=SCOPES, allow_http=True)
    assert client.access_token == token
    assert own.app_verify_credentials().name == "Mastodon.py"
    assert own.oauth_authorization_server_info().issuer.startswith(person.site.base_url)
    yield own
    own.revoke_access_token(allow_http=True)
    stale = Mastodon(api_base_url=person.site.base_url, access_token=token)
    with pytest.raises(MastodonUnauthorizedError):
        stale.account_verify_credentials()


def instance(me: Checked) -> None:
    assert me.instance_v1().uri == "lyon.test"
    found = me.instance_v2()
    assert found.domain == "lyon.test"
    assert found.configuration.statuses.max_characters > 0
    assert me.instance_health() is True
    assert me.instance_nodeinfo().software.name == "fedrse"
    assert isinstance(me.instance_peers(), list)
    assert me.instance_activity()[0].statuses >= 0
    assert isinstance(me.instance_rules(), list)
    assert isinstance(me.instance_extended_description().content, str)
    assert "en" in [one.code for one in me.instance_languages()]
    assert isinstance(me.custom_emojis(), list)
    assert me.preferences()["posting:default:visibility"] == "public"
    assert me.stream_healthy() is True


def community(me: Checked, clara: Checked, bruno: Checked, stage: Stage) -> None:
    post = me.status_post(f"Read {stage.page} #trend")
    for other in (clara, bruno):
        (found,) = until(lambda other=other: other.search_v2(post.url).statuses)
        other.status_favourite(found)
        other.status_post(f"I have read {stage.page} #trend")
    until(lambda: me.status(post).favourites_count == 2 and me.status(post).card)
    stage.trends_are_counted(stage.lyon)
    assert me.status(post).card.title == "The harbour"
    assert post.id in [one.id for one in me.trending_statuses()]
    assert "trend" in [one.name for one in me.trending_tags()]
    assert stage.page in [one.url for one in me.trending_links()]
    assert post.id in [one.id for one in me.timeline_link(stage.page)]
    announced = stage.announce(stage.lyon, "The canteen opens at noon")
    me.announcement_reaction_create(announced, "👍")
    (found,) = [one for one in me.announcements() if one.id == announced]
    assert [(one.name, one.me) for one in found.reactions] == [("👍", True)]
    me.announcement_reaction_delete(announced, "👍")
    me.announcement_dismiss(announced)
    assert announced not in [one.id for one in me.announcements() if not one.read]


def push(me: Checked, clara: Checked, stage: Stage, amina: Person) -> None:
    """A real push, read by the cryptography of the library."""
    private, public = me.push_subscription_generate_keys()
    endpoint = f"{stage.push.address}/to/mastodon-py"
    made = me.push_subscription_set(endpoint, public, mention_events=True)
    assert (made.endpoint, made.alerts.mention) == (endpoint, True)
    clara.status_post(f"@{amina.username} are you there?")
    (pushed,) = until(lambda: [one for one in stage.push.pushed if one.path == "/to/mastodon-py"])
    told = me.push_subscription_decrypt_push(
        pushed.body, private, pushed.headers["Encryption"], pushed.headers["Crypto-Key"]
    )
    assert told.notification_type == "mention"
    assert "are you there?" in told.body
    assert me.notifications(told.notification_id).type == "mention"
    changed = me.push_subscription_update(mention_events=False, follow_events=True)
    assert (changed.alerts.mention, changed.alerts.follow) == (False, True)
    assert me.push_subscription().endpoint == endpoint
    me.push_subscription_delete()
    with pytest.raises(MastodonNotFoundError):
        me.push_subscription()


class Heard(StreamListener):  # type: ignore[misc]
    """Remembers what a stream brings."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.beats = threading.Event()

    def handle_heartbeat(self) -> None:
        self.beats.set()

    def on_update(self, status: Any) -> None:
        self.events.append(("update", status.uri))

    def on_status_update(self, status: Any) -> None:
        self.events.append(("status.update", status.uri))

    def on_delete(self, status_id: Any) -> None:
        self.events.append(("delete", str(status_id)))

    def on_filters_changed(self) -> None:
        self.events.append(("filters_changed", None))

    def wait(self, event: str, what: Any = None) -> None:
        until(lambda: (event, what) in self.events, lambda: f"{event}; heard {self.events}")


def streaming(me: Checked, bruno: Checked) -> None:
    """Server-sent events, read by threads of the library."""
    home, tagged, public = Heard(), Heard(), Heard()
    streams = [
        me.stream_user(home, run_async=True),
        me.stream_hashtag("live", tagged, run_async=True),
        me.stream_public(public, run_async=True),
    ]
    for heard in (home, tagged, public):
        until(heard.beats.is_set, "the site greets who listens")
    post = bruno.status_post("Live now #live")
    for heard in (home, tagged, public):
        heard.wait("update", post.uri)
    (seen,) = [one for one in me.timeline_home() if one.uri == post.uri]
    bruno.status_update(post, "Live again #live")
    home.wait("status.update", post.uri)
    bruno.status_delete(post)
    home.wait("delete", str(seen.id))
    made = me.create_filter_v2("x", ["home"], "warn")
    home.wait("filters_changed")
    me.delete_filter_v2(made)
    for stream in streams:
        stream.close()
        until(lambda stream=stream: not stream.is_alive(), "the thread ends")
