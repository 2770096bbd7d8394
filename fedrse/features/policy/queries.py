"""SQL of rules and versions."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, delete, func, select

from fedrse.features.policy.tables import policy_rule, policy_version
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_version = policy_version.c
_heading = (
    *(_version.id, _version.created_at, _version.author, _version.reason, _version.source),
    *(_version.added, _version.changed, _version.removed),
)

RULES = Statement(select(policy_rule).order_by(policy_rule.c.id))
ADD_RULE = Statement(insert(policy_rule))
REMOVE_RULES = Statement(delete(policy_rule).where(any_of(policy_rule.c.id, "ids")))
LATEST = Statement(select(func.max(_version.id)))
LAST_RULE = Statement(select(func.max(_version.last_rule)))
ADD_VERSION = Statement(insert(policy_version))
VERSIONS = Statement(
    select(*_heading)
    .where(_version.id < bindparam("before", type_=BigInteger))
    .order_by(_version.id.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
VERSION = Statement(
    select(*_heading, _version.changes).where(_version.id == bindparam("key", type_=BigInteger))
)
