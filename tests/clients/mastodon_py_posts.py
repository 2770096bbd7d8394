"""Mastodon.py and posts: written, marked, edited, quoted, planned, with polls, page by page."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from mastodon import (
    MastodonAPIError,
)

from tests.clients.typed import Checked
from tests.sites.person import Person
from tests.sites.waiting import until


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
