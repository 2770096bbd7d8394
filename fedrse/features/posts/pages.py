"""Pages: one post with its thread, and the profile of an account.

Visitors without a login see local public posts of people who agreed, where the site has public
pages; for everything else they get the sign-in page, the same whatever was asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup
from msgspec.structs import replace

from fedrse.core.errors import Gone, NotFound, Unauthenticated
from fedrse.core.ports import Protocol
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import Handle, parse_handle
from fedrse.features.posts import service_lists
from fedrse.features.posts.model import Post
from fedrse.features.posts.model_drawing import Card, Status, Statuses
from fedrse.features.posts.model_person_menu import person_menu
from fedrse.features.posts.model_preview import preview_of_post, preview_of_profile
from fedrse.features.posts.pages_answer import answer_to
from fedrse.features.posts.pages_cards import Cards
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_lists import ProfileFilter
from fedrse.features.profiles.model import NOTHING
from fedrse.features.profiles.model_confirmations import About as WorkOf
from fedrse.features.relationships.model_buttons import follow_button
from fedrse.http.headers import page_policy
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.views import Action, Person, Why
from fedrse.web.views import Post as PostView

Entity = dict[str, Any]

_POSTS = translatable("Posts")
_MEDIA = translatable("Media")
_LINKS = translatable("Links")
_GROUPS = translatable("Groups")


class People(Protocol):
    """Accounts; implemented by ``accounts.service.Accounts``."""

    async def by_handle(
        self, tx: Transaction, username: str, domain: str | None
    ) -> Account | None: ...

    async def access_account(
        self, tx: Transaction, viewer: int | None, account_id: int
    ) -> Account: ...

    async def entities(self, tx: Transaction, ids: list[int]) -> dict[int, Entity]: ...


Bonds = Callable[[Transaction, int, list[int]], Awaitable[list[Entity]]]
"""``Relationship`` entities of somebody; implemented by the feature ``relationships``."""

About = Callable[[int, int], Awaitable[WorkOf]]
"""What a viewer may know of somebody's work; implemented by the feature ``profiles``."""


Grave = Callable[[Transaction, int], Awaitable[Entity | None]]
"""The tombstone of a deleted post; implemented by ``service_collections.Collections``."""

Familiar = Callable[[Transaction, int, list[int]], Awaitable[dict[int, list[int]]]]
"""Of somebody's followers those whom the viewer follows; implemented by ``relationships``."""
MOST_FAMILIAR = 3
MEDIA = "media"


class _Profile(msgspec.Struct, frozen=True):
    """What a profile page shows, as entities."""

    account: Entity
    bond: Entity | None
    pinned: Sequence[Entity]
    written: Sequence[Entity]
    oldest: int | None
    me: Entity | None
    familiar: list[Entity]
    familiar_total: int


class _PostPage(msgspec.Struct, frozen=True):
    """What a post page shows, as entities."""

    ancestors: Sequence[Entity]
    focus: Entity
    descendants: Sequence[Entity]
    me: Entity | None


class PostPages:
    """Draws posts and profiles."""

    def __init__(
        self,
        *,
        database: Database,
        posts: Posts,
        people: People,
        renderer: Renderer,
        own_domain: str,
        media_origin: str | None = None,
        profile_opened: Callable[[int], None] | None = None,
        bonds: Bonds | None = None,
        about: About | None = None,
        familiar: Familiar | None = None,
        grave: Grave | None = None,
    ) -> None:
        self._grave = grave
        self._familiar = familiar
        self._about = about
        self._profile_opened = profile_opened
        self._bonds = bonds
        self._database = database
        self._posts = posts
        self._people = people
        self._renderer = renderer
        self._faces = renderer.faces
        self._cards = Cards(renderer)
        self._known = Statuses()
        self._own_domain = own_domain
        self._headers = {"Content-Security-Policy": page_policy(media_origin=media_origin)}

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        page, anyone = Surface.PAGE, Auth.OPTIONAL
        return [
            Route("GET", "/@{handle}", self.profile, page, anyone),
            Route("GET", "/@{handle}/{id}", self.post, page, anyone),
            Route("GET", "/ap/n/{id}", self.by_id, page, anyone),
        ]

    # One post

    async def by_id(self, request: Request) -> Reply:
        """``GET /ap/n/{id}`` by a browser: on to the page of the post."""
        viewer, post_id = request.viewer, request.path_id()
        post = await self._database.read(self._access, viewer, post_id)
        return redirect(post.url or post.uri, status=302)

    async def _access(self, tx: Transaction, viewer: int | None, post_id: int) -> Post:
        """The post, or what a boost shares. Raises NotFound, Gone for what was deleted.

        Visitors are not told whether there ever was something.
        """
        try:
            return await self._posts.access_original(tx, viewer, post_id)
        except NotFound:
            if viewer is None or self._grave is None or await self._grave(tx, post_id) is None:
                raise
        raise Gone("post_deleted", "")

    async def post(self, request: Request) -> Reply:
        """``GET /@{handle}/{id}``: the post between what it answers and what answers it."""
        viewer, post_id = request.viewer, request.path_id()

        async def unit(tx: Transaction) -> _PostPage:
            post = await self._access(tx, viewer, post_id)
            thread = await self._posts.thread(tx, viewer, post)
            focus = await self._statuses(tx, [post.id], viewer)
            if not focus:
                raise NotFound
            return _PostPage(
                await self._statuses(tx, thread.ancestors, viewer),
                focus[0],
                await self._statuses(tx, thread.descendants, viewer),
                await self._me(tx, viewer),
            )

        found = await self._database.read(unit)
        return self._renderer.render(
            request,
            "posts/post.html",
            headers=self._headers,
            viewer=None if found.me is None else self._faces.person(found.me),
            preview=preview_of_post(found.focus) if viewer is None else None,
            focus=self._cards.one(request, found.focus),
            answer=answer_to(
                request, found.focus, self._posts.border.default_audience, self._renderer
            ),
            ancestors=self.cards(request, found.ancestors, "thread"),
            descendants=self.cards(request, found.descendants, "thread"),
        )

    # A profile

    async def profile(self, request: Request) -> Reply:
        """``GET /@{handle}``: who it is, and what they wrote, newest first."""
        viewer, page = request.viewer, request.page()
        handle = self._handle(request.values["handle"])
        wanted = ProfileFilter(only_media=request.text("show") == MEDIA)

        async def unit(tx: Transaction) -> _Profile:
            named = None
            if handle is not None:
                named = await self._people.by_handle(tx, handle.username, handle.domain)
            key = 0 if named is None else named.id
            account = await self._people.access_account(tx, viewer, key)
            ids = await service_lists.of_account(tx, viewer, account.id, page, wanted)
            pinned = []
            if viewer is not None and page.max_id is None and not wanted.only_media:
                pinned = await service_lists.pinned(tx, viewer, account.id)
            familiar = await self._acquaintances(tx, viewer, account)
            return _Profile(
                (await self._people.entities(tx, [account.id]))[account.id],
                await self._bond(tx, viewer, account),
                await self._statuses(tx, pinned, viewer),
                await self._statuses(tx, [one for one in ids if one not in pinned], viewer),
                ids[-1] if len(ids) == page.limit else None,
                await self._me(tx, viewer),
                *familiar,
            )

        found = await self._database.read(unit)
        if self._profile_opened is not None and viewer is not None:
            self._profile_opened(int(found.account["id"]))
        work = WorkOf(NOTHING)
        if self._about is not None and viewer is not None:
            work = await self._about(viewer, int(found.account["id"]))
        return self._draw_profile(request, found, work)

    async def _bond(self, tx: Transaction, viewer: int | None, account: Account) -> Entity | None:
        """What connects the viewer with somebody else."""
        if self._bonds is None or viewer is None or viewer == account.id:
            return None
        found = await self._bonds(tx, viewer, [account.id])
        return found[0] if found else None

    async def _acquaintances(
        self, tx: Transaction, viewer: int | None, account: Account
    ) -> tuple[list[Entity], int]:
        """Some of the followers whom the viewer follows, and how many there are."""
        if self._familiar is None or viewer is None or viewer == account.id:
            return [], 0
        ids = (await self._familiar(tx, viewer, [account.id]))[account.id]
        entities = await self._people.entities(tx, ids[:MOST_FAMILIAR])
        return [entities[one] for one in ids[:MOST_FAMILIAR] if one in entities], len(ids)

    def _draw_profile(self, request: Request, found: _Profile, work: WorkOf) -> Reply:
        account = found.account
        return self._renderer.render(
            request,
            "posts/profile.html",
            headers=self._headers,
            viewer=None if found.me is None else self._faces.person(found.me),
            preview=preview_of_profile(account) if request.viewer is None else None,
            subscribe=_subscribe(request, account),
            person=self._faces.person(account),
            key=account["id"],
            work=None if work.card == NOTHING else work,
            banner=self._banner(account),
            tabs=self._tabs(request, account),
            shown=request.path + (f"?show={MEDIA}" if request.text("show") == MEDIA else ""),
            familiar=[self._faces.person(one) for one in found.familiar],
            familiar_more=found.familiar_total - len(found.familiar),
            is_me=account["id"] == str(request.viewer),
            note=Markup(account["note"]),  # noqa: S704  (sanitised when it came in)
            fields=[
                {"name": one["name"], "value": Markup(one["value"])}  # noqa: S704  (likewise)
                for one in account["fields"]
            ],
            roles=[one["name"] for one in account["roles"]],
            statuses=account["statuses_count"],
            followers=account["followers_count"],
            following=account["following_count"],
            follow=None if found.bond is None else follow_button(found.bond, back=request.target),
            menu=[] if found.bond is None else self._menu(request, found.bond),
            bond=found.bond,
            pinned=[replace(one, is_pinned=True) for one in self.cards(request, found.pinned)],
            written=self.cards(request, found.written, "account"),
            older="" if found.oldest is None else _older(request, found.oldest),
        )

    def _banner(self, account: Entity) -> Entity | None:
        """The picture above the profile, if there is one and no other site learns who looks."""
        address = account["header"]
        if not self._faces.is_ours(address) or "/static/" in address:
            return None
        return {"url": address, "description": account.get("header_description") or ""}

    def _tabs(self, request: Request, account: Entity) -> list[Entity]:
        if request.viewer is None:
            return []
        wish = urlencode({"type": "posts", "q": f"from:{account['acct']} has:link"})
        return [
            {"label": self._say(request, _POSTS), "path": request.path, "icon": "text"},
            {
                "label": self._say(request, _MEDIA),
                "path": f"{request.path}?show={MEDIA}",
                "icon": "image",
            },
            {"label": self._say(request, _LINKS), "path": f"/search?{wish}", "icon": "link"},
            {
                "label": self._say(request, _GROUPS),
                "path": f"/people/{account['id']}/groups",
                "icon": "groups",
            },
        ]

    def _menu(self, request: Request, bond: Entity) -> list[Action]:
        return person_menu(
            bond, back=request.target, say=lambda sentence: self._say(request, sentence)
        )

    def _handle(self, text: str) -> Handle | None:
        return parse_handle(text if "@" in text else f"{text}@{self._own_domain}")

    async def _statuses(self, tx: Transaction, ids: list[int], viewer: int | None) -> list[Entity]:
        return [Status(one) for one in await self._posts.entities(tx, ids, viewer)]

    async def _me(self, tx: Transaction, viewer: int | None) -> Entity | None:
        if viewer is None:
            return None
        found = (await self._people.entities(tx, [viewer])).get(viewer)
        if found is None:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        return found

    # For lists of other features

    async def read(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> tuple[list[Entity], Entity | None]:
        """Posts in order, without those that are hidden, and the viewer's own account."""
        return await self._statuses(tx, ids, viewer), await self._me(tx, viewer)

    async def recall(
        self, tx: Transaction, ids: list[int], viewer: int
    ) -> tuple[list[Status], Entity | None]:
        """The same for ``drawn``, without reading again what is known."""
        found = await self._posts.statuses.pieces(tx, ids, viewer)
        return [self._known.of(*one) for one in found], await self._me(tx, viewer)

    def cards(
        self,
        request: Request,
        statuses: Sequence[Entity],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[PostView]:
        """How they are drawn."""
        return self._cards.of(request, statuses, context, reasons)

    def drawn(
        self,
        request: Request,
        statuses: Sequence[Status],
        context: str = "",
        reasons: Mapping[str, Why] | None = None,
    ) -> list[Card]:
        """The same as HTML."""
        return self._cards.drawn(request, statuses, context, reasons)

    def person(self, account: Entity) -> Person:
        """How somebody is drawn."""
        return self._faces.person(account)

    def _say(self, request: Request, words: str) -> str:
        return self._renderer.languages.gettext(request.language, words)


def _subscribe(request: Request, account: Entity) -> str:
    """Where visitors ask for the posts of somebody by mail; empty where nobody can."""
    if request.viewer is not None or not account.get("email_subscriptions"):
        return ""
    return f"/mail/subscribe/{account['id']}"


def _older(request: Request, oldest: int) -> str:
    show = {"show": MEDIA} if request.text("show") == MEDIA else {}
    return f"{request.path}?{urlencode({**show, 'max_id': str(oldest)})}"
