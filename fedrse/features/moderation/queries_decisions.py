"""SQL of decisions, appeals and templates."""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, and_, bindparam, delete, exists, func, or_, select, update

from fedrse.features.moderation.tables import decision, report, warning_preset
from fedrse.features.posts.service_joins import post
from fedrse.store.schema import any_of
from fedrse.store.statement import Statement
from fedrse.store.upsert import insert

_key = bindparam("key", type_=BigInteger)
_holder = bindparam("holder", type_=BigInteger)
_limit = bindparam("limit", type_=BigInteger)
_max_id = bindparam("max_id", type_=BigInteger)

ADD = Statement(insert(decision))
BY_ID = Statement(select(decision).where(decision.c.id == _key))
OWN = Statement(select(decision).where(decision.c.id == _key, decision.c.account_id == _holder))
OF = Statement(
    select(decision)
    .where(decision.c.account_id == _holder)
    .order_by(decision.c.id.desc())
    .limit(_limit)
)
OF_REPORT = Statement(
    select(decision).where(decision.c.report_id == _key).order_by(decision.c.id.desc())
)
# Whether anything was decided on a report, or about whom it is about since it was made.
ACTED = Statement(
    select(decision.c.id)
    .where(
        or_(
            decision.c.report_id == _key,
            and_(
                decision.c.account_id == _holder,
                decision.c.created_at >= bindparam("since", type_=BigInteger),
            ),
        )
    )
    .limit(1)
)
ACTED_ON = Statement(
    select(report.c.id).where(
        any_of(report.c.id, "ids"),
        exists().where(
            or_(
                decision.c.report_id == report.c.id,
                and_(
                    decision.c.account_id == report.c.target_id,
                    decision.c.created_at >= report.c.created_at,
                    decision.c.created_at <= report.c.closed_at,
                ),
            )
        ),
    )
)
HOLDING = Statement(
    select(decision).where(
        decision.c.account_id == _holder,
        decision.c.action == bindparam("of_action", type_=Text),
        decision.c.ended_at.is_(None),
    )
)
END = Statement(
    update(decision)
    .where(decision.c.id == _key, decision.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"), ending=bindparam("how", type_=Text))
)
APPEAL = Statement(
    update(decision)
    .where(decision.c.id == _key, decision.c.appealed_at.is_(None))
    .values(appealed_at=bindparam("at"), appeal_text=bindparam("words"), appeal_state="pending")
)
ANSWER = Statement(
    update(decision)
    .where(decision.c.id == _key, decision.c.appeal_state == "pending")
    .values(
        appeal_state=bindparam("new_state", type_=Text),
        appeal_answer=bindparam("answer", type_=Text),
        appeal_author_id=bindparam("who", type_=BigInteger),
        appeal_decided_at=bindparam("at"),
    )
)
APPEALS = Statement(
    select(decision)
    .where(
        decision.c.id < _max_id,
        decision.c.appeal_state.is_not(None),
        or_(bindparam("all", type_=BigInteger) == 1, decision.c.appeal_state == "pending"),
    )
    .order_by(decision.c.id.desc())
    .limit(_limit)
)
APPEALS_SINCE = Statement(
    select(decision)
    .where(
        decision.c.appeal_state == "pending",
        decision.c.appealed_at > bindparam("since", type_=BigInteger),
    )
    .order_by(decision.c.id)
    .limit(_limit)
)
COUNT_APPEALS = Statement(
    select(func.count()).select_from(decision).where(decision.c.appeal_state == "pending")
)
POSTS = Statement(
    select(post.c.id, post.c.uri, post.c.audience).where(
        any_of(post.c.id, "ids"),
        post.c.account_id == bindparam("author", type_=BigInteger),
        post.c.boost_of_id.is_(None),
    )
)

PRESETS = Statement(select(warning_preset).order_by(warning_preset.c.id))
PRESET = Statement(select(warning_preset).where(warning_preset.c.id == _key))
ADD_PRESET = Statement(insert(warning_preset))
DROP_PRESET = Statement(delete(warning_preset).where(warning_preset.c.id == _key))
