"""SQL of totals."""

from __future__ import annotations

from sqlalchemy import BigInteger, and_, bindparam, exists, func, select, union

from fedrse.features.accounts.service_joins import account
from fedrse.features.posts.service_joins import post
from fedrse.features.sites.service_joins import site
from fedrse.store.statement import Statement

_PERSON = (account.c.local, account.c.kind != "Application", account.c.deleted_at.is_(None))

PEOPLE = Statement(
    select(
        func.count(account.c.id).label("people"), func.sum(account.c.statuses_count).label("posts")
    ).where(*_PERSON)
)
ACTIVE = Statement(
    select(func.count(account.c.id)).where(
        *_PERSON, account.c.last_status_at > bindparam("since", type_=BigInteger)
    )
)
_colleague = account.alias("colleague")
# The actor of a whole server has the host in its handle, whatever its people are called.
_stands_for_its_people = and_(
    account.c.kind == "Application",
    account.c.domain == account.c.host,
    exists(
        select(1).where(
            _colleague.c.host == account.c.host,
            _colleague.c.domain != account.c.host,
            _colleague.c.deleted_at.is_(None),
        )
    ),
)
# By the names that people see in handles. Whom a rule denies is suspended here; a host that does
# not answer stays as long as somebody of it is known; one that never did is none.
PEERS = Statement(
    union(
        select(account.c.domain).where(
            ~account.c.local,
            account.c.deleted_at.is_(None),
            account.c.suspended_at.is_(None),
            ~_stands_for_its_people,
        ),
        select(site.c.host).where(
            site.c.last_error == "", ~exists(select(1).where(account.c.host == site.c.host))
        ),
    ).order_by("domain")
)
NEWCOMERS = Statement(
    select(account.c.created_at).where(
        *_PERSON, account.c.created_at >= bindparam("since", type_=BigInteger)
    )
)
# Ids begin with their time: their order is that of the weeks.
POSTS_BETWEEN = Statement(
    select(func.count(post.c.id)).where(
        post.c.local,
        post.c.boost_of_id.is_(None),
        post.c.id >= bindparam("first", type_=BigInteger),
        post.c.id < bindparam("end", type_=BigInteger),
    )
)
CONTACT = Statement(
    select(account.c.id).where(*_PERSON, account.c.kind == "Person").order_by(account.c.id).limit(1)
)
