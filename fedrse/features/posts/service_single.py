"""One status of an answer, as its viewer gets it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from fedrse.core.json_pieces import JsonPieces
from fedrse.features.posts.model import QuoteState
from fedrse.features.posts.model_rules import PostFacts, Relation, may_see
from fedrse.features.posts.service_endings import Endings
from fedrse.features.posts.service_page import Page
from fedrse.features.posts.service_render import Fragment

_encode = msgspec.json.Encoder().encode


class Single:
    """Puts single statuses together from what is known about the whole answer."""

    def __init__(self, endings: Endings) -> None:
        self._endings = endings

    def pieces(self, page: Page, post_id: int) -> JsonPieces | None:
        """One post of the page, None if it is unknown, not for the viewer, or not wanted."""
        fragment = page.fragments.get(post_id)
        if fragment is None or fragment.account_id in page.unwanted:
            return None
        return self._composed(page, fragment, 2)

    def compose(self, page: Page, fragment: Fragment, depth: int) -> bytes | None:
        """The status, None if the viewer may not see it."""
        pieces = self._composed(page, fragment, depth)
        return None if pieces is None else b"".join(pieces)

    def _composed(self, page: Page, fragment: Fragment, depth: int) -> JsonPieces | None:
        account = page.accounts.get(fragment.account_id)
        if account is None or not self.is_shown(page, fragment, account[0]):
            return None
        pieces: list[bytes | Raw] = [fragment.head, account[1]]
        shown = fragment
        if fragment.boost_of_id is not None:
            original = page.fragments.get(fragment.boost_of_id)
            inner = None if original is None else self.compose(page, original, depth)
            if original is None or inner is None:
                return None
            pieces += (b',"reblog":', inner)
            shown = original
        if fragment.is_poll:
            pieces += (b',"poll":', page.polls.get(fragment.id, b"null"))
        if fragment.quote_state is not None:
            pieces += (b',"quote":', self._quote(page, fragment, depth))
        pieces.append(self._endings.of(page, shown))
        return tuple(pieces)

    def is_shown(self, page: Page, fragment: Fragment, author: dict[str, Any]) -> bool:
        """Whether the viewer may see a post of the page; ``author`` is its account entity."""
        viewer = page.viewer
        if fragment.account_id == viewer.account_id:
            return True
        if author["suspended"]:
            return False
        if viewer.local and fragment.is_open:  # nearly always; the rest asks the rule
            return fragment.account_id not in page.blocked_by
        relation = Relation(
            follows=fragment.account_id in page.followed,
            named=fragment.id in page.named,
            in_group=fragment.id in page.groups,
            blocked=fragment.account_id in page.blocked_by,
        )
        facts = PostFacts(
            audience=fragment.audience, local=fragment.local, agreed=author["public_profile"]
        )
        return may_see(viewer, relation, facts)

    def _quote(self, page: Page, fragment: Fragment, depth: int) -> bytes:
        """``Quote`` with the quoted status, or ``ShallowQuote`` inside a quoted one."""
        state = fragment.quote_state
        quoted_id = fragment.quote_of_id
        if state != QuoteState.ACCEPTED or quoted_id is None:
            return _encode({"state": state, "quoted_status": None})
        quoted = page.fragments.get(quoted_id)
        state = page.state_of_quote(None if quoted is None else quoted.account_id)
        if depth < 2:
            return _encode({"state": state, "quoted_status_id": str(quoted_id)})
        inner = None if quoted is None else self.compose(page, quoted, depth - 1)
        if inner is None:
            return b'{"state":"unauthorized","quoted_status":null}'
        return b'{"state":"%b","quoted_status":%b}' % (state.encode(), inner)
