"""Mastodon.py and people: profiles, follows, lists, filters, notifications, letters, distance."""

from __future__ import annotations

import datetime
from typing import Any

from tests.clients.typed import Checked
from tests.sites.person import Person
from tests.sites.waiting import until


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
