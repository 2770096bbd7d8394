"""SQL of single posts: reading, writing, counting."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    union_all,
    update,
)

from fedrse.features.accounts.service_conditions import sensitized
from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.tables import (
    bookmark,
    idempotency,
    mention,
    pin,
    post,
    post_edit,
    post_tag,
    tag,
    thread_mute,
    tombstone,
)
from fedrse.features.relationships.service_joins import block, follow
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

NEWEST = 1 << 62  # above every id


def number(name: str) -> ColumnElement[int]:
    """A parameter that is an id, count or time."""
    return bindparam(name, type_=BigInteger)


def words(name: str) -> ColumnElement[str]:
    """A parameter that is text."""
    return bindparam(name, type_=Text)


key = number("key")
me = number("me")
one: ColumnElement[int] = literal_column("1", type_=BigInteger)
_by_id = post.c.id == key

# Who may see


def follows(reader: ColumnElement[int], target: ColumnElement[int]) -> ColumnElement[bool]:
    """``reader`` is an accepted follower of ``target``."""
    return exists(
        select(one).where(
            follow.c.account_id == reader, follow.c.target_id == target, follow.c.accepted
        )
    )


def blocks(who: ColumnElement[int], whom: ColumnElement[int]) -> ColumnElement[bool]:
    """``who`` blocks ``whom``."""
    return exists(select(one).where(block.c.account_id == who, block.c.target_id == whom))


def is_named(reader: ColumnElement[int], of: FromClause = post) -> ColumnElement[bool]:
    """``reader`` is addressed by the post and reached."""
    return exists(
        select(one).where(
            mention.c.post_id == of.c.id, mention.c.account_id == reader, mention.c.reached
        )
    )


def in_group(reader: ColumnElement[int], of: FromClause = post) -> ColumnElement[bool]:
    """``reader`` is a member (an accepted follower) of a group that the post is addressed to."""
    return exists(
        select(one)
        .select_from(mention)
        .join(account, and_(account.c.id == mention.c.account_id, account.c.kind == "Group"))
        .join(
            follow,
            and_(
                follow.c.account_id == reader,
                follow.c.target_id == account.c.id,
                follow.c.accepted,
            ),
        )
        .where(mention.c.post_id == of.c.id)
    )


def visible_to(reader: ColumnElement[int], of: FromClause = post) -> ColumnElement[bool]:
    """The condition that a person of this site may read a post; a test compares it with the rule.

    ``of`` is the table ``post`` or an alias of it.
    """
    audience = of.c.audience
    return or_(
        of.c.account_id == reader,
        and_(
            or_(
                audience.in_(("public", "network", "site")),
                and_(audience == "followers", follows(reader, of.c.account_id)),
                and_(audience == "group", in_group(reader, of)),
                is_named(reader, of),
            ),
            ~blocks(of.c.account_id, reader),
        ),
    )


# Reading

BY_ID = Statement(select(post).where(_by_id))
BY_IDS = Statement(select(post).where(any_of(post.c.id, "ids")))
TO_RENDER = Statement(
    select(post, sensitized(post.c.account_id).label("covered")).where(any_of(post.c.id, "ids"))
)
URI_OF = Statement(select(post.c.uri).where(_by_id))
BY_URI = Statement(select(post).where(post.c.uri == words("address")))
BY_URIS = Statement(select(post).where(any_of(post.c.uri, "uris")))
BOOST_BY = Statement(
    select(post).where(post.c.account_id == me, post.c.boost_of_id == number("original"))
)
SOME_OF = Statement(select(post).where(post.c.account_id == key).limit(number("most")))
BOOSTS_OF = Statement(select(post).where(post.c.boost_of_id == key))
MENTIONS = Statement(
    select(
        mention.c.post_id,
        account.c.id,
        account.c.uri,
        account.c.url,
        account.c.username,
        account.c.domain,
        account.c.local,
        account.c.host,
        account.c.kind,
        mention.c.silent,
        mention.c.reached,
    )
    .select_from(mention)
    .join(account, account.c.id == mention.c.account_id)
    .where(any_of(mention.c.post_id, "ids"))
    .order_by(mention.c.post_id, mention.c.position)
)
NAMES = Statement(
    select(one).where(
        mention.c.post_id == key, mention.c.account_id == number("person"), mention.c.reached
    )
)
TAGS = Statement(
    select(post_tag.c.post_id, tag.c.name, tag.c.display)
    .select_from(post_tag)
    .join(tag, tag.c.id == post_tag.c.tag_id)
    .where(any_of(post_tag.c.post_id, "ids"))
    .order_by(post_tag.c.post_id, tag.c.name)
)
FOLLOWING_AUTHOR = Statement(
    select(follow.c.account_id).where(
        any_of(follow.c.account_id, "ids"),
        follow.c.target_id == number("author"),
        follow.c.accepted,
    )
)
MEMBERS_AMONG = Statement(
    select(follow.c.account_id).where(
        any_of(follow.c.account_id, "ids"),
        follow.c.target_id == number("group_id"),
        follow.c.accepted,
    )
)

# Writing

ADD = Statement(insert(post))
ADD_REMOTE = Statement(insert(post).on_conflict_do_nothing())
ADD_MENTION = Statement(insert(mention).on_conflict_do_nothing())
ADD_TAG = Statement(insert(tag).on_conflict_do_nothing(index_elements=["name"]))
TAG_IDS = Statement(select(tag.c.id, tag.c.name).where(any_of(tag.c.name, "names")))
ADD_POST_TAG = Statement(insert(post_tag).on_conflict_do_nothing())
REMOVE_TAGS = Statement(delete(post_tag).where(post_tag.c.post_id == key))
SET_MENTION = Statement(
    update(mention)
    .where(mention.c.post_id == key, mention.c.account_id == number("person"))
    .values(silent=bindparam("now_silent"))
)
COUNT = Statement(
    update(post)
    .where(_by_id)
    .values(
        replies_count=post.c.replies_count + number("replies"),
        boosts_count=post.c.boosts_count + number("boosts"),
        likes_count=post.c.likes_count + number("likes"),
        quotes_count=post.c.quotes_count + number("quotes"),
    )
)
COUNT_ELSEWHERE = Statement(
    update(post)
    .where(_by_id, post.c.origin_counted_at.is_(None))
    .values(
        origin_replies=func.coalesce(post.c.origin_replies, 0) + number("replies"),
        origin_boosts=func.coalesce(post.c.origin_boosts, 0) + number("boosts"),
        origin_likes=func.coalesce(post.c.origin_likes, 0) + number("likes"),
    )
)
EDITABLE = (
    "kind",
    "url",
    "title",
    "content",
    "source",
    "source_type",
    "summary",
    "sensitive",
    "language",
    "emojis",
    "edited_at",
    "quote_policy",
    "extra",
)
SET_CONTENT = Statement(
    update(post).where(_by_id).values({name: bindparam(f"new_{name}") for name in EDITABLE})
)
SET_QUOTE = Statement(
    update(post)
    .where(_by_id)
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("quote_of_id", "quote_of_uri", "quote_state", "quote_authorization")
        }
    )
)
SET_EXTRA = Statement(update(post).where(_by_id).values(extra=bindparam("new_extra")))
SET_QUOTE_POLICY = Statement(
    update(post).where(_by_id).values(quote_policy=bindparam("new_quote_policy"))
)
ADD_EDIT = Statement(insert(post_edit))
EDITS = Statement(select(post_edit).where(post_edit.c.post_id == key).order_by(post_edit.c.id))

# Replies find their parents

WAITING = Statement(
    select(
        post.c.id,
        post.c.account_id,
        post.c.audience,
        post.c.thread_id,
        post.c.local,
        post.c.reply_to_uri,
    ).where(any_of(post.c.reply_to_uri, "addresses"))
)
LINK = Statement(
    update(post)
    .where(_by_id)
    .values(
        reply_to_id=number("parent"), reply_to_account_id=number("parent_author"), reply_to_uri=None
    )
)
MOVE_THREAD = Statement(
    update(post)
    .where(post.c.thread_id == number("old_thread"))
    .values(thread_id=number("new_thread"))
    .returning(post.c.id)
)
MOVE_THREAD_MUTES = Statement(
    insert(thread_mute)
    .from_select(
        ["account_id", "thread_id"],
        select(thread_mute.c.account_id, number("new_thread")).where(
            thread_mute.c.thread_id == number("old_thread")
        ),
    )
    .on_conflict_do_nothing()
)
QUOTED_AUTHOR = Statement(
    select(account.c.uri)
    .select_from(post)
    .join(account, account.c.id == post.c.account_id)
    .where(_by_id)
)
STAMPED = Statement(select(post).where(post.c.quote_authorization == words("address")))
WAITING_QUOTES = Statement(
    select(post.c.id).where(post.c.quote_of_uri == words("address"), post.c.quote_of_id.is_(None))
)
UNLINK_REPLIES = Statement(update(post).where(post.c.reply_to_id == key).values(reply_to_id=None))
UNLINK_QUOTES = Statement(
    update(post).where(post.c.quote_of_id == key).values(quote_of_id=None, quote_state="deleted")
)
REPLIES_TO = Statement(select(post.c.id).where(post.c.reply_to_id == key))
QUOTES_OF = Statement(select(post.c.id).where(post.c.quote_of_id == key))
REMOVE = Statement(delete(post).where(_by_id, post.c.account_id == me))

# What people keep for themselves

ADD_BOOKMARK = Statement(
    insert(bookmark).on_conflict_do_nothing(index_elements=["account_id", "post_id"])
)
REMOVE_BOOKMARK = Statement(
    delete(bookmark).where(bookmark.c.account_id == me, bookmark.c.post_id == key)
)
ADD_PIN = Statement(insert(pin).on_conflict_do_nothing())
REMOVE_PIN = Statement(delete(pin).where(pin.c.account_id == me, pin.c.post_id == key))
REMOVE_PINS = Statement(delete(pin).where(pin.c.account_id == me))
COUNT_PINS = Statement(select(func.count()).select_from(pin).where(pin.c.account_id == me))
ADD_THREAD_MUTE = Statement(insert(thread_mute).on_conflict_do_nothing())
# What somebody who is gone had kept for themselves.
FORGET_MARKS = tuple(
    Statement(delete(table).where(table.c.account_id == me)) for table in (bookmark, thread_mute)
)
REMOVE_THREAD_MUTE = Statement(
    delete(thread_mute).where(thread_mute.c.account_id == me, thread_mute.c.thread_id == key)
)

# Keys of requests, marks of what was deleted

SEEN_REQUEST = Statement(
    select(idempotency.c.post_id).where(
        idempotency.c.account_id == me,
        idempotency.c.key == words("request_key"),
        idempotency.c.created_at > number("since"),
    )
)
_request = insert(idempotency)
ADD_REQUEST = Statement(
    _request.on_conflict_do_update(
        index_elements=["account_id", "key"],
        set_={"post_id": _request.excluded.post_id, "created_at": _request.excluded.created_at},
    )
)
FORGET_REQUESTS = Statement(delete(idempotency).where(idempotency.c.created_at < number("before")))
GRAVE = Statement(select(tombstone).where(tombstone.c.uri == words("address")))
TOMBSTONE = Statement(
    select(tombstone).where(tombstone.c.uri == words("address"), tombstone.c.actor == words("by"))
)
IS_HEARD_OF = Statement(
    select(literal_column("1")).where(
        or_(
            exists(select(post.c.id).where(post.c.uri == words("address"))),
            exists(
                select(tombstone.c.uri).where(
                    tombstone.c.uri == words("address"), tombstone.c.actor == words("by")
                )
            ),
        )
    )
)
HEARD_OF = Statement(
    union_all(
        select(post.c.uri).where(any_of(post.c.uri, "addresses")),
        select(tombstone.c.uri).where(any_of(tombstone.c.uri, "addresses")),
    )
)
_grave = insert(tombstone)
ADD_TOMBSTONE = Statement(
    _grave.on_conflict_do_update(
        index_elements=["uri", "actor"],
        set_={
            "deleted_at": _grave.excluded.deleted_at,
            "expires_at": _grave.excluded.expires_at,
        },
    )
)
FORGET_TOMBSTONES = Statement(delete(tombstone).where(tombstone.c.expires_at < number("before")))
