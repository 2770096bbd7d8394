"""The feature ``posts`` over a real database, real accounts and a fake outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.clock import ManualClock
from fedrse.core.errors import Forbidden
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.features.accounts.service import Accounts
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.service import MediaLibrary
from fedrse.features.network.service import Network
from fedrse.features.posts.activities import PostActivities
from fedrse.features.posts.activities_announce import Announcements
from fedrse.features.posts.activities_featured import Featured
from fedrse.features.posts.activities_quotes import Quoting
from fedrse.features.posts.activities_replies import Asking
from fedrse.features.posts.api import StatusesApi
from fedrse.features.posts.api_actions import ActionsApi
from fedrse.features.posts.model import Audience, Post
from fedrse.features.posts.service import Posts
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_replies import Replies
from fedrse.store.database import Database
from fedrse.store.events import Events
from tests.features.cast import Cast
from tests.features.fakes import ORIGIN, FakeOutbox, FakeQueue
from tests.features.page_visitor import PageVisitor, visit
from tests.features.posts.studio import BLOCKED_HOST, Studio
from tests.features.surface import Surface, surface
from tests.features.whole import WholeSite


def refuse_blocked(host: str) -> None:
    """A gate that refuses one host."""
    if host == BLOCKED_HOST:
        raise Forbidden("peer_blocked", "no")


@pytest.fixture
def media(clock: ManualClock, ids: IdMaker, queue: FakeQueue) -> MediaLibrary:
    return MediaLibrary(clock=clock, ids=ids, jobs=queue)


@pytest.fixture
def make_posts(
    settings: Settings,
    clock: ManualClock,
    ids: IdMaker,
    local_ids: LocalIds,
    network: Network,
    accounts: Accounts,
    media: MediaLibrary,
    outbox: FakeOutbox,
    queue: FakeQueue,
    events: Events,
) -> Callable[..., Posts]:
    """Makes the feature; settings of the border can be replaced."""

    def make(**changes: Any) -> Posts:
        border = {
            "own_host": settings.host,
            "network": network,
            "gate": refuse_blocked,
            "default_audience": Audience.NETWORK,
            "closed": True,
            "public_pages": False,
        }
        return Posts(
            clock=clock,
            ids=ids,
            local_ids=local_ids,
            own_domain=settings.handle_domain,
            languages=("fr",),
            max_characters=500,
            border=Border(**(border | changes)),  # type: ignore[arg-type]
            people=accounts,
            media=media,
            media_urls=MediaUrls(f"{ORIGIN}/media"),
            outbox=outbox,
            queue=queue,
            events=events,
        )

    return make


@pytest.fixture
def posts(make_posts: Callable[..., Posts]) -> Posts:
    return make_posts()


@pytest.fixture
def studio(
    database: Database,
    posts: Posts,
    cast: Cast,
    accounts: Accounts,
    local_ids: LocalIds,
    outbox: FakeOutbox,
    queue: FakeQueue,
    events: Events,
    clock: ManualClock,
    ids: IdMaker,
) -> Studio:
    """Short ways to write and receive posts."""
    creating = PostActivities(posts=posts, people=accounts, local_ids=local_ids, outbox=outbox)
    replies = Replies(
        clock=clock,
        ids=ids,
        local_ids=local_ids,
        rows=posts.rows,
        delivery=posts.delivery,
        outbox=outbox,
    )
    return Studio(
        database=database,
        posts=posts,
        cast=cast,
        outbox=outbox,
        queue=queue,
        events=events,
        clock=clock,
        activities=creating,
        announcements=Announcements(posts=posts, people=accounts, local_ids=local_ids),
        quoting=Quoting(posts=posts, people=accounts, local_ids=local_ids),
        featured=Featured(posts=posts, people=accounts),
        asking=Asking(
            posts=posts, people=accounts, local_ids=local_ids, replies=replies, creating=creating
        ),
    )


@pytest.fixture
async def amina(whole: WholeSite) -> PageVisitor:
    """Who writes on the pages of a whole site."""
    return await visit(whole, await whole.person("amina"))


@pytest.fixture
def looked_up() -> list[list[tuple[str, str]]]:
    """Handles that the API wanted to know before it posted."""
    return []


@pytest.fixture
def opened() -> list[int]:
    """Posts whose thread somebody opened."""
    return []


@pytest.fixture
async def where(
    studio: Studio, looked_up: list[list[tuple[str, str]]], opened: list[int]
) -> AsyncIterator[Surface]:
    """The statuses API over a real socket."""

    async def look_up(handles: list[tuple[str, str]]) -> None:
        looked_up.append(handles)

    async def remember(post: Post) -> None:
        opened.append(post)

    statuses = StatusesApi(
        database=studio.database,
        posts=studio.posts,
        people=studio.cast.accounts,
        look_up=look_up,
        opened=remember,
    )
    actions = ActionsApi(database=studio.database, posts=studio.posts, people=studio.cast.accounts)
    routes = [*statuses.routes(), *actions.routes()]
    async with surface(routes, clock=studio.clock) as found:
        yield found
