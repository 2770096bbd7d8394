"""What this feature contributes to posts: flags of the viewer, totals and interested sites."""

from __future__ import annotations

from sqlalchemy import case, literal_column, or_, select

from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_marks_query import FAVOURITED, Mark, me
from fedrse.features.posts.service_ports import ReadyPart
from fedrse.features.reactions.model import BITS, KINDS, LIKE
from fedrse.features.reactions.service import Reactions
from fedrse.features.reactions.tables import reaction


def contribute(posts: Posts, reactions: Reactions) -> None:
    """Registers likes with posts; once, when the application is put together."""
    bits = {LIKE: FAVOURITED} | {content: BITS[name] for name, content in KINDS.items()}
    of_content = reaction.c.content
    kind = case(
        *((of_content == content, literal_column(str(bit))) for content, bit in bits.items())
    )
    mine = select(kind.label("kind"), reaction.c.post_id.label("id")).where(
        reaction.c.account_id == me, or_(*(of_content == content for content in bits))
    )
    posts.statuses.add_mark(Mark(mine, reaction.c.post_id, "ids"))
    posts.statuses.name_marks("reacted", BITS)
    posts.fragments.add_part(ReadyPart("reactions", reactions.render_kinds, from_start=False))
    posts.counters.count_likes_with(reactions.totals, reactions.take_told)
    posts.delivery.add_interested(reactions.hosts)
