"""Posts as cards: from ``Status`` entities to what templates draw.

What an entity says is the same as long as its bytes are: the card made of it is kept, for everybody
to whom the post looks the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from markupsafe import Markup

from fedrse.core.clock import from_iso
from fedrse.features.posts.model_buttons import buttons, reacting, seldom
from fedrse.features.posts.model_drawing import Card, Entity, Status
from fedrse.features.posts.model_folded import filters_of
from fedrse.features.posts.model_polls import draw_poll
from fedrse.features.posts.model_quoted import draw_quoted, focus_classes
from fedrse.http.request import Request
from fedrse.web.drawn_cards import age_of
from fedrse.web.languages import translatable
from fedrse.web.look import Reading, read_look
from fedrse.web.renderer import Renderer, time_zone_of
from fedrse.web.views import Attachment, Person, Post, Why

MOST_KEPT: Final = 1000  # of a few kilobytes each
MOST_LOOKS: Final = 8  # of one post: languages, reasons, time zones
AUDIENCES: Final = {
    "public": ("globe", translatable("Everybody")),
    "network": ("network", translatable("All sites of the network")),
    "site": ("building", translatable("This site only")),
    "group": ("people", translatable("Members of a group")),
    "followers": ("lock", translatable("Followers")),
    "direct": ("mail", translatable("People named in it")),
}
_SHOWN_AS: Final = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


E = TypeVar("E", bound=Entity)
_OTHERS, _OWN, _NOBODYS = "others", "own", ""
_Look = tuple[bytes, str, str, str, str, str, str, Reading]
"""All that a card depends on: bytes, whose post it is, where a vote returns to, language, names of
filters, why it stands there, and what the reader wants to see at once."""
_SENSITIVE, _COVERED = translatable("Sensitive content"), translatable("Attachments are covered")


class Cards:
    """Makes cards, or takes them from memory."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._faces = renderer.faces
        self._kept: OrderedDict[_Look, Post] = OrderedDict()

    def of(
        self,
        request: Request,
        statuses: Sequence[Entity],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Post]:
        """How posts are drawn; see ``model_drawing.Drawing.cards``."""
        return [
            self._card(request, status, filtered, why)
            for status, filtered, why in _wanted(statuses, context, reasons)
        ]

    def drawn(
        self,
        request: Request,
        statuses: Sequence[Status],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Card]:
        """The same as HTML; see ``model_drawing.Drawing.drawn``."""
        me = None if request.viewer is None else str(request.viewer)
        common = (request.language, time_zone_of(request), _reading(request))
        now = self._renderer.clock.now()
        found = []
        for status in statuses:
            filtered = filters_of(status, context) if status.is_filtered else ""
            if filtered is None:
                continue
            why = None if reasons is None else reasons.get(status["id"])
            whose = me if me is None else status.author == me
            back = request.target if status.has_poll else ""
            look = (common, whose, back, filtered, why, age_of(status.published, now))
            card = status.cards.get(look)
            if card is None:
                card = self._draw(request, status, filtered, why)
                if len(status.cards) >= MOST_LOOKS:
                    status.cards.clear()
                status.cards[look] = card
            found.append(card if len(card.html) == 1 else self._for_reader(request, card))
        return found

    def _draw(self, request: Request, status: Entity, filtered: str, why: Why | None) -> Card:
        post = self._make(request, status, filtered, why)
        return Card(post.key, self._renderer.draw_card(request, post, "h2"))

    def _for_reader(self, request: Request, card: Card) -> Card:
        """With the secret of forms between the pieces: a poll is a form."""
        forms = self._renderer.forms_of(request)
        mixed = [piece for part in card.html for piece in (forms, part)]
        return Card(card.key, mixed[1:])

    def one(self, request: Request, status: Entity) -> Post:
        """A single one, whatever filters say."""
        return self._card(request, status, "", None)

    def _card(self, request: Request, status: Entity, filtered: str, why: Why | None) -> Post:
        if not isinstance(status, Status):
            return self._make(request, status, filtered, why)
        look = _look(request, status, filtered, why)
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
        me, back, reading = request.viewer, request.target, _reading(request)
        icon, words = AUDIENCES[shown["audience"]]
        author, cover = self._faces.person(shown["account"]), _cover(shown, reading)
        path = f"{author.path}/{shown['id']}"
        answered = _answered(shown, author)

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
            is_open=reading.opens_warnings,
            cover=say(cover) if cover else "",
            attachments=[self._attachment(one, reading) for one in shown["media_attachments"]],
            poll=draw_poll(shown, me=me, back=back),
            quoted=draw_quoted(shown, self._faces.person),
            actions=buttons(shown, path, me=me, say=say),
            reactions=reacting(shown, me=me, say=say),
            more=seldom(shown, me=me, say=say),
            history="" if me is None else f"/posts/{shown['id']}/history",
            boosted_by=None if shown is status else self._faces.person(status["account"]),
            reply_to=answered,
            reply_path=f"{answered.path}/{shown['in_reply_to_id']}" if answered else "",
            filtered=filtered,
            why="" if why is None else why.words,
            why_tag="" if why is None else why.tag,
            imported_from=shown.get("imported_from", ""),
        )

    def _attachment(self, media: Entity, reading: Reading) -> Attachment:
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
            loops=media["type"] == "gifv",
            plays=media["type"] == "gifv" and reading.plays_pictures,
        )


def _answered(status: Entity, author: Person) -> Person | None:
    """Whom a post answers, as far as it says so itself: nothing is read for it."""
    whom = status["in_reply_to_account_id"]
    if status["in_reply_to_id"] is None or whom is None:
        return None
    if whom == status["account"]["id"]:
        return author
    for one in status["mentions"]:
        if one["id"] == whom:
            name, acct = f"@{one['username']}", f"@{one['acct']}"
            return Person(name=name, handle=acct, path=f"/{acct}")
    return None


def _wanted(
    statuses: Sequence[E], context: str, reasons: Mapping[str, Why] | None
) -> Iterator[tuple[E, str, Why | None]]:
    """Those that no filter of the reader leaves out, with names of filters and the reason."""
    for status in statuses:
        filtered = filters_of(status, context)
        if filtered is not None:
            yield status, filtered, None if reasons is None else reasons.get(status["id"])


def _look(request: Request, status: Status, filtered: str, why: Why | None) -> _Look:
    me = request.viewer
    whose = _NOBODYS if me is None else _OWN if status.author == str(me) else _OTHERS
    back = request.target if status.has_poll else ""
    words, tag = ("", "") if why is None else (why.words, why.tag)
    reading = _reading(request)
    return status.raw, whose, back, request.language, filtered, words, tag, reading


def _reading(request: Request) -> Reading:
    principal = request.principal
    return read_look("" if principal is None else principal.look).reading


def _cover(shown: Entity, reading: Reading) -> str:
    """Why attachments are covered; what stands behind a warning needs no second cover."""
    if reading.media == "hide_all":
        return _COVERED
    is_folded = shown["spoiler_text"] and not reading.opens_warnings
    if reading.media == "show_all" or is_folded or not shown["sensitive"]:
        return ""
    return _SENSITIVE
