"""SQL of polls and votes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, bindparam, delete, select, update

from fedrse.features.accounts.service_joins import account
from fedrse.features.polls.tables import poll, poll_vote
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

key = bindparam("key", type_=BigInteger)
me = bindparam("me", type_=BigInteger)

ADD = Statement(insert(poll))
BY_ID = Statement(select(poll).where(poll.c.post_id == key))
# Writes nothing new: but whoever else counts waits until this transaction ends.
LOCK = Statement(
    update(poll).where(poll.c.post_id == key).values(multiple=poll.c.multiple).returning(poll)
)
OF_POSTS = Statement(
    select(poll, post.c.account_id.label("author_id"), post.c.emojis)
    .join(post, post.c.id == poll.c.post_id)
    .where(any_of(poll.c.post_id, "ids"))
)
SET = Statement(
    update(poll)
    .where(poll.c.post_id == key)
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "multiple",
                "hide_totals",
                "options",
                "voters_count",
                "closes_at",
                "closed_at",
            )
        }
    )
)
COUNT = Statement(
    update(poll)
    .where(poll.c.post_id == key)
    .values(
        options=bindparam("counted", type_=Text),
        voters_count=poll.c.voters_count + bindparam("voters", type_=BigInteger),
    )
)
REMOVE = Statement(delete(poll).where(poll.c.post_id == key))

ADD_VOTE = Statement(insert(poll_vote))
VOTES_BY = Statement(
    select(poll_vote.c.option)
    .where(poll_vote.c.post_id == key, poll_vote.c.account_id == me)
    .order_by(poll_vote.c.option)
)
OWN_VOTES = Statement(
    select(poll_vote.c.post_id, poll_vote.c.option)
    .where(any_of(poll_vote.c.post_id, "ids"), poll_vote.c.account_id == me)
    .order_by(poll_vote.c.post_id, poll_vote.c.option)
)
VOTES_OF_MANY = Statement(
    select(poll_vote.c.post_id, poll_vote.c.account_id, poll_vote.c.option)
    .where(any_of(poll_vote.c.post_id, "ids"), any_of(poll_vote.c.account_id, "viewers"))
    .order_by(poll_vote.c.post_id, poll_vote.c.account_id, poll_vote.c.option)
)
REMOVE_VOTES = Statement(delete(poll_vote).where(poll_vote.c.post_id == key))
LOCAL_VOTERS = Statement(
    select(poll_vote.c.account_id)
    .join(account, account.c.id == poll_vote.c.account_id)
    .where(poll_vote.c.post_id == key, account.c.local)
    .distinct()
    .order_by(poll_vote.c.account_id)
)
AUTHOR_URI = Statement(select(account.c.uri).where(account.c.id == key))
