"""SQL of reactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, or_, select, union_all

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.service_joins import post
from fedrse.features.reactions.model import NAMES
from fedrse.features.reactions.tables import reaction, reaction_told
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

who = bindparam("who", type_=BigInteger)
what = bindparam("what", type_=BigInteger)
limit = bindparam("limit", type_=BigInteger)
newest = bindparam("max_id", type_=BigInteger)
oldest = bindparam("since_id", type_=BigInteger)

ADD = Statement(insert(reaction).on_conflict_do_nothing().returning(reaction.c.id))
OF_PAIR = Statement(
    select(reaction).where(
        reaction.c.account_id == who,
        reaction.c.post_id == what,
        reaction.c.content == bindparam("of_content"),
    )
)
BY_URI = Statement(select(reaction).where(reaction.c.uri == bindparam("address")))
BY_ID = Statement(select(reaction).where(reaction.c.id == what))
SOME_OF = Statement(
    select(reaction).where(reaction.c.account_id == who).order_by(reaction.c.id).limit(limit)
)
REMOVE = Statement(delete(reaction).where(reaction.c.id == what, reaction.c.account_id == who))
LIKED = Statement(
    select(reaction.c.post_id).where(
        reaction.c.account_id == who, reaction.c.content == "", any_of(reaction.c.post_id, "ids")
    )
)
BY_HOST = Statement(
    select(account.c.host, reaction.c.content, func.count(reaction.c.id).label("count"))
    .join(account, account.c.id == reaction.c.account_id)
    .where(reaction.c.post_id == what)
    .group_by(account.c.host, reaction.c.content)
)
# By post and kind. Of posts of other sites: those of this site, and what their site told of others.
OF_KINDS = Statement(
    union_all(
        select(reaction.c.post_id, reaction.c.content, func.count(reaction.c.id).label("count"))
        .join(account, account.c.id == reaction.c.account_id)
        .join(post, post.c.id == reaction.c.post_id)
        .where(
            any_of(reaction.c.post_id, "ids"),
            or_(*(reaction.c.content == content for content in NAMES)),
            or_(post.c.local, account.c.local),
        )
        .group_by(reaction.c.post_id, reaction.c.content),
        select(reaction_told.c.post_id, reaction_told.c.content, reaction_told.c.count).where(
            any_of(reaction_told.c.post_id, "ids")
        ),
    )
)
TOLD = Statement(
    select(reaction_told.c.content, reaction_told.c.count).where(reaction_told.c.post_id == what)
)
FORGET_TOLD = Statement(delete(reaction_told).where(reaction_told.c.post_id == what))
TELL = Statement(insert(reaction_told))
REST_OF_PAIR = Statement(
    select(reaction)
    .where(reaction.c.account_id == who, reaction.c.post_id == what)
    .order_by(reaction.c.id)
    .limit(1)
)
OF_POST = Statement(
    select(reaction.c.id, reaction.c.account_id, reaction.c.content)
    .where(reaction.c.post_id == what, reaction.c.id < newest)
    .order_by(reaction.c.id.desc())
    .limit(limit)
)
HOSTS = Statement(
    select(account.c.host)
    .join(reaction, reaction.c.account_id == account.c.id)
    .where(reaction.c.post_id == what, ~account.c.local)
    .distinct()
)


def _likers(*, ascending: bool) -> Statement:
    found = select(reaction.c.id, reaction.c.account_id).where(
        reaction.c.post_id == what, reaction.c.id < newest, reaction.c.id > oldest
    )
    order = reaction.c.id.asc() if ascending else reaction.c.id.desc()
    return Statement(found.order_by(order).limit(limit))


def _liked(*, ascending: bool) -> Statement:
    found = select(reaction.c.id, reaction.c.post_id).where(
        reaction.c.account_id == who,
        reaction.c.content == "",
        reaction.c.id < newest,
        reaction.c.id > oldest,
    )
    order = reaction.c.id.asc() if ascending else reaction.c.id.desc()
    return Statement(found.order_by(order).limit(limit))


LIKERS = {up: _likers(ascending=up) for up in (False, True)}
LIKED_BY = {up: _liked(ascending=up) for up in (False, True)}
