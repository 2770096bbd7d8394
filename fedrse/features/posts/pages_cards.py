"""Posts as cards: from ``Status`` entities to what templates draw.

What an entity says is the same as long as its bytes are: the card made of it is kept, for everybody
to whom the post looks the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from fedrse.core.clock import from_iso
from fedrse.features.posts.model_buttons import buttons, reacting, seldom
from fedrse.features.posts.model_drawing import Entity, Status
from fedrse.features.posts.model_folded import filters_of
from fedrse.features.posts.model_polls import draw_poll
from fedrse.features.posts.model_quoted import draw_quoted, focus_classes
from fedrse.http.request import Request
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.views import Attachment, Post, Why

MOST_KEPT: Final = 1000  # of a few kilobytes each
AUDIENCES: Final = {
    "public": ("globe", translatable("Everybody")),
    "network": ("network", translatable("All sites of the network")),
    "site": ("building", translatable("This site only")),
    "group": ("people", translatable("Members of a group")),
    "followers": ("lock", translatable("Followers")),
    "direct": ("mail", translatable("People named in it")),
}
_SHOWN_AS: Final = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


class _Look(Struct, frozen=True):
    """All that a card depends on beside the entity; ``me`` is 0 for whom it is not about."""

    raw: bytes
    me: int | None
    back: str
    language: str
    filtered: str
    why: Why | None


class Cards:
    """Makes cards, or takes them from memory."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._faces = renderer.faces
        self._kept: OrderedDict[_Look, Post] = OrderedDict()

    def of(
        self,
        request: Request,
        statuses: list[Entity],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Post]:
        """How posts are drawn; see ``model_drawing.Drawing.cards``."""
        found = []
        for status in statuses:
            filtered = filters_of(status, context)
            if filtered is not None:
                why = None if reasons is None else reasons.get(status["id"])
                found.append(self._card(request, status, filtered, why))
        return found

    def one(self, request: Request, status: Entity) -> Post:
        """A single one, whatever filters say."""
        return self._card(request, status, "", None)

    def _card(self, request: Request, status: Entity, filtered: str, why: Why | None) -> Post:
        if not isinstance(status, Status):
            return self._make(request, status, filtered, why)
        me = request.viewer
        mine = me is None or str(me) in (
            status["account"]["id"],
            (status["reblog"] or status)["account"]["id"],
        )
        look = _Look(status.raw, me if mine else 0, request.target, request.language, filtered, why)
        card = self._kept.get(look)
        if card is None:
            card = self._kept[look] = self._make(request, status, filtered, why)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(look)
        return card

    def _make(self, request: Request, status: Entity, filtered: str, why: Why | None) -> Post:
        shown = status["reblog"] or status
        icon, words = AUDIENCES[shown["audience"]]
        author = self._faces.person(shown["account"])
        path = f"{author.path}/{shown['id']}"
        me, back = request.viewer, request.target

        def say(sentence: str) -> str:
            return self._renderer.languages.gettext(request.language, sentence)

        return Post(
            key=status["id"],
            path=path,
            author=author,
            published=from_iso(shown["created_at"]),
            content=Markup(shown["content"]),  # noqa: S704  (sanitised when it came in)
            audience_icon=icon,
            audience_label=say(words),
            language=shown["language"],
            edited=from_iso(shown["edited_at"]) if shown["edited_at"] else None,
            warning=shown["spoiler_text"],
            attachments=[self._attachment(one) for one in shown["media_attachments"]],
            poll=draw_poll(shown, me=me, back=back),
            quoted=draw_quoted(shown, self._faces.person),
            actions=buttons(shown, path, me=me, say=say),
            reactions=reacting(shown, me=me, say=say),
            more=seldom(shown, me=me, say=say),
            history="" if me is None else f"/posts/{shown['id']}/history",
            boosted_by=None if shown is status else self._faces.person(status["account"]),
            filtered=filtered,
            why="" if why is None else why.words,
            why_tag="" if why is None else why.tag,
        )

    def _attachment(self, media: Entity) -> Attachment:
        """Pictures of other sites are links: showing them would tell who reads what."""
        size = (media["meta"] or {}).get("original", {})
        ours = self._faces.is_ours(media["url"])
        return Attachment(
            kind=_SHOWN_AS.get(media["type"], "file") if ours else "file",
            url=media["url"] or media["remote_url"] or "",
            preview=media["preview_url"] if ours else None,
            description=media["description"] or "",
            width=size.get("width"),
            height=size.get("height"),
            focus=focus_classes(media["meta"]),
        )
