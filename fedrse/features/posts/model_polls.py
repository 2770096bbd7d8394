"""How polls look on pages. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fedrse.core.clock import from_iso
from fedrse.web.views import Poll, PollOption


def draw_poll(status: dict[str, Any], *, me: int | None, back: str, error: str = "") -> Poll | None:
    """The poll of a post, given as entity; ``back`` is where somebody returns to who votes."""
    poll = status["poll"]
    if poll is None:
        return None
    own, voted = poll.get("own_votes") or [], bool(poll.get("voted"))
    can_vote = me is not None and not voted and not poll["expired"]
    shown = [one["votes_count"] for one in poll["options"]]
    secret = any(votes is None for votes in shown)
    people = poll["voters_count"]
    # Of several answers each is compared with the people, of one with all of them.
    whole = people if poll["multiple"] and people else poll["votes_count"]
    most = max((votes or 0 for votes in shown), default=0)
    ends = poll["expires_at"]
    return Poll(
        key=poll["id"],
        options=[
            PollOption(
                place=place,
                title=one["title"],
                votes=one["votes_count"],
                percent=None if secret else share(one["votes_count"], whole),
                is_mine=place in own,
                leads=not secret and 0 < most == one["votes_count"],
            )
            for place, one in enumerate(poll["options"])
        ],
        votes=poll["votes_count"],
        people=people,
        multiple=poll["multiple"],
        secret=secret,
        is_over=poll["expired"],
        has_voted=bool(own),
        closes=None if ends is None else from_iso(ends),
        action=f"/posts/{poll['id']}/vote?back={quote(back, safe='')}" if can_vote else "",
        error=error,
    )


def share(votes: int, whole: int) -> int:
    """Percent, whatever another site tells: 0 to 100."""
    return min(100, max(0, round(100 * votes / whole))) if whole > 0 else 0
