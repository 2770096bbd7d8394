"""Mastodon.py, under most scripts and bots: each method with people of two sites.

It compares versions before it calls, and turns answers into typed entities; see ``typed``.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mastodon import (
    Mastodon,
    MastodonAPIError,
    MastodonNotFoundError,
    MastodonUnauthorizedError,
    StreamListener,
)

from tests.clients.stage import OPERATIONS, Stage, allow, picture
from tests.clients.typed import Checked, Record
from tests.sites.harness import Person, until

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


def profile(me: Checked, image: bytes) -> None:
    changed = me.account_update_credentials(
        display_name="Amina D.",
        note="Night shift",
        avatar=image,
        avatar_mime_type="image/png",
        header=image,
        header_mime_type="image/png",
        locked=False,
        bot=False,
        discoverable=True,
        fields=[("Desk", "B 12"), ("Shift", "night")],
    )
    assert (changed.display_name, changed.source.note) == ("Amina D.", "Night shift")
    assert [(one.name, one.value) for one in changed.fields] == [
        ("Desk", "B 12"),
        ("Shift", "night"),
    ]
    assert "/media/" not in me.account_delete_avatar().avatar
    assert "/media/" not in me.account_delete_header().header
    assert me.profile().display_name == "Amina D."
    assert me.profile_update(note="Day shift").note == "Day shift"
    assert me.account_verify_credentials().role is not None


def people(me: Checked, amina: Person, bruno: Person) -> Any:
    """Bruno is found, followed and follows; returns his account as Lyon knows it."""
    (remote,) = me.search_v2(f"@{bruno.handle}", result_type="accounts").accounts
    assert remote.acct == bruno.handle
    assert isinstance(remote.created_at, datetime.datetime)
    assert me.account_lookup(bruno.handle).id == remote.id
    assert me.account(remote).acct == bruno.handle
    assert {one.id for one in me.accounts([remote, amina.id])} == {remote.id, amina.id}
    me.account_follow(remote, notify=True)
    (now,) = until(lambda: [one for one in me.account_relationships(remote) if one.following])
    assert now.notifying is True
    bruno.follow(amina)
    until(lambda: me.account_relationships(remote)[0].followed_by)
    assert [one.id for one in me.account_following(amina.id)] == [remote.id]
    assert [one.id for one in me.account_followers(amina.id)] == [remote.id]
    assert me.account_note_set(remote, "At the gate").note == "At the gate"
    assert [one.id for one in me.account_search(bruno.username, following=True)] == [remote.id]
    assert me.account_endorse(remote).endorsed is True
    assert [one.id for one in me.endorsements()] == [remote.id]
    assert me.account_unendorse(remote).endorsed is False
    assert me.account_familiar_followers([remote])[0].id == remote.id
    assert isinstance(me.suggestions_v2(), list)
    assert amina.id in [one.id for one in me.directory(local=True, order="new")]
    return remote


def posts(me: Checked, bruno: Checked, reader: Person, image: bytes) -> tuple[Any, Any]:
    """A post with a picture, answered; returns it as either site shows it."""
    media = me.media_post(image, "image/png", description="A red square", focus=(0.5, -0.5))
    assert media.meta.original.width == 320
    assert me.media_update(media, description="A square").description == "A square"
    assert me.media(media).type == "image"
    status = me.status_post(
        f"@{reader.handle} look #harbour",
        media_ids=[media],
        visibility="public",
        spoiler_text="Red",
        sensitive=True,
        language="en",
        idempotency_key="once",
    )
    again = me.status_post("whatever", idempotency_key="once")
    assert again.id == status.id, "one key, one post"
    assert status.application.name == "Mastodon.py"
    told = until(lambda: bruno.notifications(types=["mention"]))[0]
    assert told.status.uri == status.uri
    assert told.status.media_attachments[0].description == "A square"
    reply = bruno.status_reply(told.status, "a nice red", visibility="public")
    until(lambda: reply.uri in [one.uri for one in me.status_context(status).descendants])
    assert me.status(status).replies_count == 1
    assert len(me.statuses([status.id])) == 1
    return status, told.status


def marks(me: Checked, bruno: Checked, there: Any, status: Any) -> None:
    assert bruno.status_favourite(there).favourited is True
    assert bruno.status_reblog(there).reblog.uri == status.uri
    until(lambda: me.status(status).favourites_count == me.status(status).reblogs_count == 1)
    assert "@" in me.status_favourited_by(status)[0].acct
    assert "@" in me.status_reblogged_by(status)[0].acct
    assert bruno.favourites()[0].id == there.id
    assert bruno.status_unfavourite(there).favourited is False
    assert bruno.status_unreblog(there).reblogged is False
    assert bruno.status_bookmark(there).bookmarked is True
    assert [one.id for one in bruno.bookmarks()] == [there.id]
    assert bruno.status_unbookmark(there).bookmarked is False
    assert me.status_pin(status).pinned is True
    assert [one.id for one in me.account_statuses(status.account, pinned=True)] == [status.id]
    assert me.status_unpin(status).pinned is False
    assert me.status_mute(status).muted is True
    assert me.status_unmute(status).muted is False
    until(lambda: me.status(status).favourites_count == 0)
    with pytest.raises(MastodonAPIError):
        bruno.status_pin(there)


def edits_and_quotes(me: Checked, bruno: Checked, status: Any, there: Any) -> None:
    media = me.generate_media_edit_attributes(status.media_attachments[0], description="Changed")
    changed = me.status_update(status, "Look again #harbour", media_attributes=[media])
    assert changed.edited_at is not None
    until(lambda: bruno.status(there).edited_at)
    for history in (me.status_history(status), bruno.status_history(there)):
        assert ["again" in one.content for one in history] == [False, True]
        assert history[1].media_attachments[0].description == "Changed"
    assert me.status_source(status).text == "Look again #harbour"
    quote = bruno.status_post("I quote this", quoted_status_id=there.id, visibility="public")
    until(lambda: bruno.status(quote).quote.state == "accepted")
    (seen,) = until(lambda: me.status_quotes(status))
    assert seen.quote.quoted_status.id == status.id
    assert me.status_quote_revoke(status, seen).quote.state == "revoked"
    until(lambda: bruno.status(quote).quote.state == "revoked")
    closed = me.status_update_quote_approval_policy(status, "nobody")
    assert closed.quote_approval.automatic == []


def polls(me: Checked, bruno: Checked, reader: Person) -> None:
    wanted = me.client.make_poll(["Soup", "Salad"], expires_in=3600, multiple=True)
    made = me.status_post(f"@{reader.handle} what?", poll=wanted).poll
    assert [option.title for option in made.options] == ["Soup", "Salad"]
    asked = until(lambda: [n.status for n in bruno.notifications() if n.status and n.status.poll])
    voted = bruno.poll_vote(asked[0].poll, [0, 1])
    assert (voted.voted, voted.own_votes) == (True, [0, 1])
    until(lambda: me.poll(made).voters_count == 1)


def scheduled(me: Checked) -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2)
    made = me.status_post("Later", scheduled_at=later)
    assert made.params.text == "Later"
    assert [one.id for one in me.scheduled_statuses()] == [made.id]
    moved = me.scheduled_status_update(made, later + datetime.timedelta(hours=1))
    assert moved.scheduled_at > made.scheduled_at
    assert me.scheduled_status(made).id == made.id
    me.scheduled_status_delete(made)
    assert me.scheduled_statuses() == []


def paging(me: Checked, amina: Person) -> None:
    """By the pages' own links, in both directions."""
    for number in range(7):
        me.status_post(f"Page {number}", visibility="unlisted")
    everything = [one.id for one in me.account_statuses(amina.id, limit=40)]
    first = me.account_statuses(amina.id, limit=3)
    assert [one.id for one in first] == everything[:3]
    second = me.fetch_next(first)
    assert [one.id for one in second] == everything[3:6]
    assert [one.id for one in me.fetch_previous(second)] == everything[:3]
    assert [one.id for one in me.fetch_remaining(first)] == everything
    home = me.timeline_home(limit=2)
    assert me.timeline_home(min_id=home[1])[0].id == home[0].id
    assert me.timeline_home(max_id=home[1])[0].id < home[1].id
    assert everything[0] in [one.id for one in me.timeline("home")]
    me.markers_set(["home"], [home[0]])
    assert me.markers_get(["home"])["home"].last_read_id == home[0].id


def lists_and_tags(me: Checked, bruno: Checked, remote: Any) -> None:
    made = me.list_create("Harbour", replies_policy="none", exclusive=True)
    assert (made.title, made.replies_policy, made.exclusive) == ("Harbour", "none", True)
    assert me.list_update(made, "The harbour").title == "The harbour"
    assert me.list(made).id == me.lists()[0].id == made.id
    me.list_accounts_add(made, [remote])
    assert [one.id for one in me.list_accounts(made)] == [remote.id]
    assert [one.id for one in me.account_lists(remote)] == [made.id]
    post = bruno.status_post("A ship is coming #harbour")
    until(lambda: post.uri in [one.uri for one in me.timeline_list(made)])
    assert post.uri in [one.uri for one in me.timeline_hashtag("harbour")]
    assert post.uri in [one.uri for one in me.timeline_public(remote=True)]
    assert post.uri not in [one.uri for one in me.timeline_local()]
    me.list_accounts_delete(made, [remote])
    me.list_delete(made)
    assert me.lists() == []
    assert me.tag_follow("harbour").following is True
    assert int(me.tag("harbour").history[0].uses) >= 1
    assert [one.name for one in me.followed_tags()] == ["harbour"]
    assert me.search("harb", result_type="hashtags").hashtags[0].following is True
    assert me.tag_unfollow("harbour").following is False
    featured = me.featured_tag_create("harbour")
    assert [one.name for one in me.featured_tags()] == ["harbour"]
    assert int(me.account_featured_tags(me.client.me())[0].statuses_count) >= 1
    me.featured_tag_delete(featured)
    assert "harbour" in [one.name for one in me.featured_tag_suggestions()]


def filters(me: Checked, status: Any) -> None:
    made = me.create_filter_v2(
        "No ships", ["home", "account"], "warn", keywords_attributes=[{"keyword": "ship"}]
    )
    (found,) = [one for one in me.timeline_home() if "A ship" in one.content]
    assert found.filtered[0].filter.title == "No ships"
    assert found.filtered[0].keyword_matches == ["ship"]
    word = me.add_filter_keyword_v2(made, "boat", whole_word=True)
    assert len(me.filter_keywords_v2(made)) == 2
    me.delete_filter_keyword_v2(word)
    one = me.add_filter_status_v2(made, status)
    assert me.filter_status_v2(one).status_id == status.id
    assert len(me.filter_statuses_v2(made)) == 1
    me.delete_filter_status_v2(one)
    changed = me.update_filter_v2(made, title="Nothing", filter_action="hide")
    assert (changed.title, changed.filter_action) == ("Nothing", "hide")
    assert me.filter_v2(made).id == me.filters_v2()[0].id
    me.delete_filter_v2(made)
    old = me.filter_create("red", ["home"], whole_word=False)
    assert [one.phrase for one in me.filters()] == ["red"]
    me.filter_delete(old)
    assert me.filters() == []


def notifications(
    me: Checked, bruno: Checked, clara: Checked, post: tuple[Any, Any], amina: Person
) -> None:
    status, there = post
    bruno.status_favourite(there)
    clara.status_favourite(status)

    def group() -> Any:
        found = me.grouped_notifications(types=["favourite"])
        both = [one for one in found.notification_groups if one.notifications_count >= 2]
        return both and (found, both[0])

    found, both = until(group)
    assert (len(found.accounts), len(found.partial_accounts)) == (1, 1)
    full = me.grouped_notifications(types=["favourite"], expand_accounts="full")
    assert {one.id for one in full.accounts} == set(both.sample_account_ids)
    assert both.status_id == status.id
    assert len(me.grouped_notification_accounts(both.group_key)) == 2
    assert me.grouped_notification(both.group_key).notification_groups[0].type == "favourite"
    assert me.unread_grouped_notifications_count() >= 1
    assert me.notifications_unread_count().count >= 1
    me.dismiss_grouped_notification(both.group_key)
    assert me.update_notifications_policy(for_not_following="filter").for_not_following == "filter"
    clara.status_post(f"@{amina.username} psst", visibility="unlisted")
    (asked,) = until(me.notification_requests)
    assert me.notification_request(asked).account.id == asked.account.id
    assert me.notifications_policy().summary.pending_requests_count == 1
    me.accept_notification_request(asked)
    until(me.notifications_merged)
    me.update_notifications_policy(for_not_following="accept")
    (mention,) = until(lambda: me.notifications(types=["mention"], account_id=asked.account.id))
    assert me.notifications(mention.id).id == mention.id
    me.notifications_dismiss(mention)
    me.notifications_clear()
    assert me.notifications() == []


def letters(me: Checked, bruno: Checked, amina: Person) -> None:
    letter = bruno.status_post(f"@{amina.handle} only for you", visibility="direct")
    (one,) = until(lambda: [c for c in me.conversations() if c.last_status.uri == letter.uri])
    assert one.unread is True
    assert me.conversations_read(one).unread is False


def distance(me: Checked, bruno: Checked, remote: Any, status: Any, amina: Person) -> None:
    assert me.account_mute(remote, duration=3600).muting is True
    assert me.mutes()[0].id == remote.id
    assert me.account_unmute(remote).muting is False
    reported = me.report(remote, comment="Far too red", category="other")
    assert reported.target_account.id == remote.id
    me.domain_block("rude.example")
    assert me.domain_blocks() == ["rude.example"]
    me.domain_unblock("rude.example")
    assert me.account_remove_from_followers(remote).followed_by is False
    me.account_update_credentials(locked=True)
    here = bruno.search_v2(f"@{amina.handle}", result_type="accounts").accounts[0]
    until(lambda: not bruno.account_relationships(here)[0].following)
    assert bruno.account_follow(here).requested is True
    (asking,) = until(me.follow_requests)
    assert me.follow_request_authorize(asking).followed_by is True
    until(lambda: bruno.account_relationships(here)[0].following)
    assert bruno.account_unfollow(here).following is False
    until(lambda: not me.account_relationships(remote)[0].followed_by)
    bruno.account_follow(here)
    (asking,) = until(me.follow_requests)
    assert me.follow_request_reject(asking).followed_by is False
    me.account_update_credentials(locked=False)
    assert me.account_block(remote).blocking is True
    assert [one.id for one in me.blocks()] == [remote.id]
    assert me.account_unblock(remote).blocking is False
    me.account_follow(remote)
    until(lambda: me.account_relationships(remote)[0].following)


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
