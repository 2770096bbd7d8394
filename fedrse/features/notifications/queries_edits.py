"""SQL: who of this site shared or quoted a post."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, exists, or_, select

from fedrse.features.posts.service_joins import post
from fedrse.store.statement import Statement

_of_post = bindparam("post_id", type_=BigInteger)
_after = bindparam("after", type_=BigInteger)
_most = bindparam("most", type_=BigInteger)

_shares = and_(
    post.c.local,
    or_(
        post.c.boost_of_id == _of_post,
        and_(post.c.quote_of_id == _of_post, post.c.quote_state == "accepted"),
    ),
)
IS_SHARED = Statement(select(1).where(exists(select(1).where(_shares))))
SHARES = Statement(
    select(post.c.id, post.c.account_id, post.c.boost_of_id)
    .where(_shares, post.c.id > _after)
    .order_by(post.c.id)
    .limit(_most)
)
