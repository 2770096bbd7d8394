"""SQL of languages in home timelines: whom somebody follows for some languages only.

As in Mastodon it is about what is written from then on, never about boosts or what is there.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    tuple_,
)

from fedrse.features.posts.service_joins import post
from fedrse.features.relationships.service_conditions import (
    anybody_chooses_languages,
    chooses_languages,
    reads_otherwise,
    unwanted_language,
)
from fedrse.features.relationships.service_joins import follow
from fedrse.store.schema import any_of

_one: ColumnElement[int] = literal_column("1")
_me = bindparam("me", type_=BigInteger)
_author = bindparam("author", type_=BigInteger)
_language = (
    select(post.c.language).where(post.c.id == bindparam("post_id", type_=BigInteger))
).scalar_subquery()
_new = post.alias("new_post")

# Of the post ``post_id`` by ``author``, and of those among ``ids``: who follows for its language.
# Looked for once, not for each follower, as there is nearly never anybody who does not.
READS_IT: ColumnElement[bool] = or_(
    ~anybody_chooses_languages(),
    follow.c.account_id.not_in(reads_otherwise(_author, _language)),
)
READS_THEM: ColumnElement[bool] = or_(
    ~anybody_chooses_languages(),
    tuple_(follow.c.account_id, post.c.id).not_in(
        reads_otherwise(_new.c.account_id, _new.c.language)
        .add_columns(_new.c.id)
        .where(any_of(_new.c.id, "ids"))
    ),
)
I_READ_IT: ColumnElement[bool] = ~unwanted_language(_me, _author, post.c.language)


def readable(entry: FromClause) -> ColumnElement[bool]:
    """What is looked up is a boost, or in a language for which ``me`` follows its author."""
    text = post.alias("text")
    unwanted = exists(
        select(_one)
        .where(
            text.c.id == entry.c.post_id,
            unwanted_language(_me, entry.c.account_id, text.c.language),
        )
        .correlate_except(text)
    )
    return or_(entry.c.boost_of_id.is_not(None), ~and_(chooses_languages(_me), unwanted))
