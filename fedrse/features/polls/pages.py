"""Pages: votes, by forms that work without script on every page that shows the post."""

from __future__ import annotations

from msgspec.structs import replace

from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ports import Protocol
from fedrse.features.access.model_authorization import safe_next
from fedrse.features.accounts.model import Account
from fedrse.features.polls.service import Polls
from fedrse.features.posts.model_drawing import Drawing
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer

IN_PLACE = "X-In-Place"
"""Sent by scripts, which take over the poll of the page that comes back."""
MOST_CHOICES = 100

_SENTENCES = {
    "vote_no_choice": translatable("Choose an answer first."),
    "vote_one_choice": translatable("Only one answer can be chosen here."),
    "vote_already_voted": translatable("You have voted already."),
    "vote_expired": translatable("The poll is over: nobody can vote any more."),
    "vote_self_vote": translatable("You cannot vote in your own poll."),
}
_OTHER = translatable("This answer does not exist any more. Please choose again.")


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None: ...


class PollPages:
    """``/posts/{id}/vote``."""

    def __init__(
        self,
        *,
        database: Database,
        polls: Polls,
        people: People,
        drawing: Drawing,
        renderer: Renderer,
    ) -> None:
        self._database = database
        self._polls = polls
        self._people = people
        self._drawing = drawing
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """The addresses of this page."""
        return [
            Route("GET", "/posts/{id}/vote", self.show, Surface.PAGE, Auth.USER),
            Route("POST", "/posts/{id}/vote", self.vote, Surface.PAGE, Auth.USER),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /posts/{id}/vote``: the post alone, for whoever reloads what ``vote`` showed."""
        return await self._draw(request, error="")

    async def vote(self, request: Request) -> Reply:
        """``POST /posts/{id}/vote``: ``choices[]`` are places of answers, from 0."""
        viewer, post_id = request.require_viewer(), request.path_id()
        choices = _choices(request)

        async def unit(tx: Transaction) -> None:
            voter = await self._people.by_id(tx, viewer)
            if voter is None:
                raise NotFound
            await self._polls.vote(tx, voter, post_id, choices)

        try:
            await self._database.write(unit)
        except Invalid as error:
            return await self._draw(request, error=_SENTENCES.get(error.code, _OTHER), status=422)
        if request.headers.get(IN_PLACE):
            return await self._draw(request, error="")
        return redirect(safe_next(request.text("back")), status=303)

    async def _draw(self, request: Request, *, error: str, status: int = 200) -> Reply:
        viewer, post_id = request.require_viewer(), request.path_id()
        shown, me = await self._database.read(self._drawing.read, [post_id], viewer)
        if not shown or shown[0]["poll"] is None:
            raise NotFound
        back = safe_next(request.text("back"))
        card = self._drawing.cards(request, shown)[0]
        if card.poll is not None:
            action = f"{request.target}" if card.poll.action else ""
            card = replace(card, poll=replace(card.poll, error=error, action=action))
        return self._renderer.render(
            request,
            "polls/vote.html",
            status=status,
            viewer=None if me is None else self._drawing.person(me),
            card=card,
            error=error,
            back=back,
        )


def _choices(request: Request) -> list[int]:
    """What was chosen; whatever is no number counts as an answer that does not exist."""
    given = request.params.get("choices")
    listed = given if isinstance(given, list) else [] if given is None else [given]
    return [_place(one) for one in listed[:MOST_CHOICES]]


def _place(text: object) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 3:
        return -1
    return int(text)
