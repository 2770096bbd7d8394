"""SQL of blocks, mutes and private notes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, and_, bindparam, delete, null, or_, select

from fedrse.features.accounts.service_joins import account
from fedrse.features.relationships.queries import limit, newest, oldest, who, whom
from fedrse.features.relationships.tables import account_note, block, follow, mute
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

now = bindparam("now", type_=BigInteger)
_current = or_(mute.c.expires_at.is_(None), mute.c.expires_at > now)

# Blocks

ADD_BLOCK = Statement(insert(block).on_conflict_do_nothing())
BLOCK_BY_URI = Statement(select(block).where(block.c.uri == bindparam("address")))
BLOCK_OF_PAIR = Statement(select(block).where(block.c.account_id == who, block.c.target_id == whom))
REMOVE_BLOCK = Statement(
    delete(block).where(block.c.account_id == who, block.c.target_id == whom).returning(block)
)
BLOCKS_BETWEEN = Statement(
    select(block.c.account_id).where(
        or_(
            and_(block.c.account_id == who, block.c.target_id == whom),
            and_(block.c.account_id == whom, block.c.target_id == who),
        )
    )
)
BLOCKERS_OF = Statement(select(block.c.account_id).where(block.c.target_id == whom))
REMOVE_BLOCKS_OF = Statement(
    delete(block).where(or_(block.c.account_id == who, block.c.target_id == who))
)

# Mutes

_mute = insert(mute)
SET_MUTE = Statement(
    _mute.on_conflict_do_update(
        index_elements=["account_id", "target_id"],
        set_={
            "notifications": _mute.excluded.notifications,
            "expires_at": _mute.excluded.expires_at,
        },
    )
)
REMOVE_MUTE = Statement(delete(mute).where(mute.c.account_id == who, mute.c.target_id == whom))
REMOVE_EXPIRED = Statement(
    delete(mute)
    .where(mute.c.expires_at.is_not(None), mute.c.expires_at <= now)
    .returning(mute.c.account_id, mute.c.target_id)
)
REMOVE_MUTES_OF = Statement(
    delete(mute).where(or_(mute.c.account_id == who, mute.c.target_id == who))
)

# Notes

_note = insert(account_note)
SET_NOTE = Statement(
    _note.on_conflict_do_update(
        index_elements=["account_id", "target_id"], set_={"comment": _note.excluded.comment}
    )
)
REMOVE_NOTE = Statement(
    delete(account_note).where(account_note.c.account_id == who, account_note.c.target_id == whom)
)
REMOVE_NOTES_OF = Statement(
    delete(account_note).where(
        or_(account_note.c.account_id == who, account_note.c.target_id == who)
    )
)

# What a viewer has to do with a list of people: one query per table, whatever the length.

FOLLOWING = Statement(
    select(follow).where(follow.c.account_id == who, any_of(follow.c.target_id, "ids"))
)
FOLLOWED_BY = Statement(
    select(follow.c.account_id, follow.c.accepted).where(
        follow.c.target_id == who, any_of(follow.c.account_id, "ids")
    )
)
BLOCKS = Statement(
    select(block.c.account_id, block.c.target_id).where(
        or_(
            and_(block.c.account_id == who, any_of(block.c.target_id, "ids")),
            and_(block.c.target_id == who, any_of(block.c.account_id, "ids_again")),
        )
    )
)
MUTING = Statement(
    select(mute.c.target_id, mute.c.notifications, mute.c.expires_at).where(
        mute.c.account_id == who, any_of(mute.c.target_id, "ids"), _current
    )
)
NOTES = Statement(
    select(account_note.c.target_id, account_note.c.comment).where(
        account_note.c.account_id == who, any_of(account_note.c.target_id, "ids")
    )
)


def _listing(table: Table, *, ascending: bool) -> Statement:
    columns = table.c
    expires_at = columns.expires_at if table is mute else null().label("expires_at")
    found = (
        select(columns.id, columns.target_id.label("account_id"), expires_at)
        .join(account, account.c.id == columns.target_id)
        .where(columns.account_id == who, columns.id < newest, columns.id > oldest)
        .where(account.c.deleted_at.is_(None))
    )
    if table is mute:
        found = found.where(_current)
    order = columns.id.asc() if ascending else columns.id.desc()
    return Statement(found.order_by(order).limit(limit))


BLOCKED = {up: _listing(block, ascending=up) for up in (False, True)}
MUTED = {up: _listing(mute, ascending=up) for up in (False, True)}
