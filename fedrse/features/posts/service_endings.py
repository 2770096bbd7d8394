"""The end of a status: the viewer's own flags, made once for each combination."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fedrse.features.posts import queries_marks
from fedrse.features.posts.model import Audience, QuotePolicy
from fedrse.features.posts.model_rules import QuoteRight, may_quote
from fedrse.features.posts.service_page import Page
from fedrse.features.posts.service_render import Fragment

_BITS = (
    ("favourited", queries_marks.FAVOURITED),
    ("reblogged", queries_marks.REBLOGGED),
    ("muted", queries_marks.MUTED),
    ("bookmarked", queries_marks.BOOKMARKED),
    ("pinned", queries_marks.PINNED),
)
_UNFILTERED = b'"filtered":[],'
_encode = msgspec.json.Encoder().encode


class Endings:
    """Makes and remembers them."""

    def __init__(self) -> None:
        self._names: dict[str, Mapping[str, int]] = {}
        self._known: dict[tuple[int, object, str], bytes] = {}

    def name_marks(self, attribute: str, bits: Mapping[str, int]) -> None:
        """Adds an attribute that lists which of these marks the viewer has made."""
        self._names[attribute] = bits
        self._known = {}

    def usual(self, fragment: Fragment) -> bytes:
        """For somebody here who did nothing with the post of somebody else."""
        return self._of(0, fragment.quotable, "other")

    def of(self, page: Page, shown: Fragment) -> bytes:
        """For the viewer of a page; of a boost ``shown`` is what it shares."""
        viewer_id = page.viewer.account_id
        bits = -1
        if viewer_id is not None:
            bits = page.marks.get(shown.id, 0)
            if shown.thread_id in page.muted_threads:
                bits |= queries_marks.MUTED
        if shown.account_id == viewer_id:
            relation = "author"
        elif shown.quotable[0] is QuotePolicy.FOLLOWERS and shown.account_id in page.followed:
            relation = "follower"
        else:
            relation = "other" if viewer_id is not None else "nobody"
        ending = self._of(bits, shown.quotable, relation)
        filtered = page.filtered.get(shown.id) if page.filtered else None
        if filtered is not None:
            return b',"filtered":' + filtered + ending.replace(_UNFILTERED, b"", 1)
        return ending

    def _of(self, bits: int, quotable: tuple[QuotePolicy | None, bool], relation: str) -> bytes:
        key = (bits, quotable, relation)
        ending = self._known.get(key)
        if ending is None:
            ending = self._known[key] = _make(bits, quotable, relation, self._names)
        return ending


def _make(
    bits: int,
    quotable: tuple[QuotePolicy | None, bool],
    relation: str,
    names: Mapping[str, Mapping[str, int]],
) -> bytes:
    """The viewer's flags and ``quote_approval``; bits -1: nobody is looking."""
    policy, manual = quotable
    status: dict[str, Any] = {}
    if bits >= 0:
        status = {"filtered": []} | {name: bool(bits & bit) for name, bit in _BITS}
        for attribute, known in names.items():
            status[attribute] = [name for name, bit in known.items() if bits & bit]
    automatic = [policy.value] if policy in (QuotePolicy.PUBLIC, QuotePolicy.FOLLOWERS) else []
    right = may_quote(
        QuoteRight(
            # What only some may see has the policy "nobody" already.
            audience=Audience.PUBLIC,
            policy=policy,
            by_author=relation == "author",
            follows=relation == "follower",
            manual=manual,
        )
    )
    status["quote_approval"] = {
        "automatic": automatic,
        "manual": ["public"] if manual else [],
        "current_user": "unknown" if relation == "nobody" else right,
    }
    return b"," + _encode(status)[1:]
