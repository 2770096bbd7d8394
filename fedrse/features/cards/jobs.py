"""Fetches pages that posts link to, through the guarded client and within tight bounds."""

from __future__ import annotations

import json

import structlog

from fedrse.blobs.pictures import PREVIEW_TYPE, UnusableImage, process_image
from fedrse.blobs.store import BlobStore, new_key
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import DAY
from fedrse.core.errors import FedrseError
from fedrse.core.ports import Protocol
from fedrse.features.cards.model import Card
from fedrse.features.cards.model_page import Page, read_oembed, read_page
from fedrse.features.cards.service import FETCH, Cards
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.net.client import FetchLimits, Response
from fedrse.store.database import Database

FORGET = "cards.forget"
PAGE = FetchLimits(body=1_048_576, redirects=3, seconds=10.0)
DOCUMENT = FetchLimits(body=65_536, redirects=2, seconds=5.0)
PICTURE = FetchLimits(body=4 * 1_048_576, redirects=2, seconds=15.0)
LARGEST_SIDE = 1200
HTML = ("text/html", "application/xhtml+xml")
log = structlog.get_logger(__name__)


class WebClient(Protocol):
    """Fetches addresses; ``net.client.GuardedClient``."""

    async def get(self, url: str, *, accept: str = ..., limits: FetchLimits = ...) -> Response: ...


class CardJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        cards: Cards,
        client: WebClient,
        blobs: BlobStore,
        workers: FileWorkers,
    ) -> None:
        self._database = database
        self._cards = cards
        self._client = client
        self._blobs = blobs
        self._workers = workers

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(FETCH, self.fetch, attempts=3)
        runner.every(DAY, FORGET, self.forget)

    async def fetch(self, job: Job) -> None:
        """Fetches the page that a post links to, unless it is known, and lets the post show it."""
        post_id = int(job.arguments["post"])
        url = await self._database.read(self._cards.wanted, post_id)
        if url is None:
            return
        card = await self._database.read(self._cards.known, url)
        if card is None:
            card = await self._database.write(self._cards.store, await self._card(url))
        if card.state == "ready":
            await self._database.write(self._cards.show, post_id, card)

    async def _card(self, url: str) -> Card:
        """What is at an address; a page that cannot be had has nothing to show."""
        page = await self._page(url)
        ready = page is not None and bool(page.title)
        page = page or Page()
        key, size, blurhash = await self._picture(page.image_url if ready else "")
        return Card(
            id=0,
            url=url,
            state="ready" if ready else "none",
            kind=page.kind,
            title=page.title,
            description=page.description,
            language=page.language,
            author_name=page.author_name,
            author_url=page.author_url,
            provider_name=page.provider_name,
            provider_url=page.provider_url,
            html=page.html,
            embed_url=page.embed_url,
            width=page.width,
            height=page.height,
            image_key=key,
            image_width=size[0],
            image_height=size[1],
            blurhash=blurhash,
            published_at=page.published_at,
            fetched_at=0,
        )

    async def _page(self, url: str) -> Page | None:
        response = await self._get(url, "text/html", PAGE)
        if response is None or _media_type(response) not in HTML:
            return None
        page = read_page(_text(response), response.final_url)
        if page.oembed_url:
            document = await self._get(page.oembed_url, "application/json", DOCUMENT)
            if document is not None:
                try:
                    value = json.loads(document.body)
                except (ValueError, RecursionError):
                    return page
                page = read_oembed(value, page, document.final_url)
        return page

    async def _picture(self, url: str) -> tuple[str | None, tuple[int, int], str | None]:
        """Copies a picture: key, size, blurhash; nothing where it cannot be had or read."""
        response = await self._get(url, "image/*", PICTURE) if url else None
        if response is None or not _media_type(response).startswith("image/"):
            return None, (0, 0), None
        try:
            image = await self._workers.run(process_image, response.body)
        except UnusableImage:
            return None, (0, 0), None
        key = new_key(PREVIEW_TYPE[1])
        await self._blobs.put(key, image.preview)
        return key, (image.preview_width, image.preview_height), image.blurhash

    async def _get(self, url: str, accept: str, limits: FetchLimits) -> Response | None:
        try:
            response = await self._client.get(url, accept=accept, limits=limits)
        except FedrseError as error:
            log.debug("card_not_fetched", url=url, why=error.code)
            return None
        return response if response.status == 200 else None

    async def forget(self, _job: Job) -> None:
        """Removes previews that no post shows any more."""
        while await self._database.write(self._cards.forget_unused):
            pass


def _media_type(response: Response) -> str:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _text(response: Response) -> str:
    """The page as text; what is not UTF-8 and says so is read as it says, if it is known."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    _, _, charset = headers.get("content-type", "").lower().partition("charset=")
    try:
        return response.body.decode(charset.strip(" \"';") or "utf-8", errors="replace")
    except LookupError:
        return response.body.decode("utf-8", errors="replace")
