"""Wires accounts: what other features add to them, pictures, and their part of the client API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from fedrse.activitypub.remote_collections import RemoteCollections
from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.blobs.pictures import UnusableImage, process_image
from fedrse.core.errors import Invalid
from fedrse.core.language import normalise_language
from fedrse.core.settings import Settings
from fedrse.core.settings_mail import MailSubscriptions
from fedrse.features.access.model import Role
from fedrse.features.accounts import api_accounts, api_moves, api_profile
from fedrse.features.accounts import jobs as account_jobs
from fedrse.features.accounts.api_moves import Refresh
from fedrse.features.accounts.api_profile import FeaturedTags, SourceChanges
from fedrse.features.accounts.jobs_totals import ProfileTotals
from fedrse.features.accounts.model_events import PicturesDropped
from fedrse.features.accounts.pages import ProfilePages
from fedrse.features.accounts.service import CHANGED
from fedrse.features.admin.service_entities import role_entity
from fedrse.features.collections.model import MOST_COLLECTIONS
from fedrse.features.media.service import DELETE_BLOBS
from fedrse.features.posts.jobs_featured import FeaturedPosts
from fedrse.features.posts.jobs_outbox import LatestPosts
from fedrse.http.multipart import Upload, Uploads
from fedrse.http.rights import Right
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer

MEGABYTE = 1024 * 1024
LARGEST_PICTURE = 8 * MEGABYTE
LONGEST_SIDE = 1500  # pixels of an avatar or header


def register(ground: Ground, services: Services) -> None:
    """What happens when accounts change, and periodic work."""
    ground.database.listen(CHANGED, services.accounts.forget_changed)
    ground.database.on_missed(services.accounts.forget_all)
    account_jobs.register(ground.runner, database=ground.database, keys=services.accounts.keys)

    async def delete_pictures(tx: Transaction, event: PicturesDropped) -> None:
        await ground.queue.enqueue(tx, DELETE_BLOBS, {"keys": list(event.keys)})

    ground.events.subscribe(PicturesDropped, delete_pictures)


def totals_of_profiles(ground: Ground, protocol: Protocol, services: Services) -> ProfileTotals:
    """Asks other sites about their people, when somebody wants to know: totals, posts."""
    collections = RemoteCollections(protocol.documents)
    readings = [
        reading(
            database=ground.database,
            posts=services.posts,
            people=services.accounts,
            collections=collections,
            fetcher=protocol.resolver,
            queue=ground.queue,
            clock=ground.clock,
        )
        for reading in (FeaturedPosts, LatestPosts)
    ]
    for reading in readings:
        reading.register(ground.runner)

    async def posts_too(tx: Transaction, account_id: int) -> None:
        for reading in readings:
            await reading.plan(tx, account_id)

    totals = ProfileTotals(
        database=ground.database,
        accounts=services.accounts,
        fetcher=protocol.documents,
        queue=ground.queue,
        clock=ground.clock,
        also=posts_too,
    )
    totals.register(ground.runner)
    return totals


def client_routes(
    ground: Ground,
    services: Services,
    *,
    lookup: Refresh,
    totals: ProfileTotals,
    featured_tags: FeaturedTags,
) -> list[Route]:
    """Client API of accounts; ``lookup`` asks other sites who somebody is."""
    preferences = Preferences(services, _rights_of_everybody(ground.settings))
    people = api_accounts.routes(
        database=ground.database, accounts=services.accounts, opened=totals.opened
    )
    profile = api_profile.routes(
        database=ground.database,
        accounts=services.accounts,
        parts=[services.relationships.credential_part, preferences.part],
        preferences=preferences.change,
        picture_store=PictureStore(services),
        uploads=Uploads(count=2, bytes_each=LARGEST_PICTURE),
        featured_tags=featured_tags,
    )
    moves = api_moves.routes(database=ground.database, accounts=services.accounts, refresh=lookup)
    return [*people, *profile, *moves]


def page_routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """The page where people change their profile."""
    return ProfilePages(
        database=ground.database,
        accounts=services.accounts,
        pictures=PictureStore(services),
        uploads=Uploads(count=2, bytes_each=LARGEST_PICTURE, keeps_text=True),
        renderer=renderer,
    ).routes()


class Preferences:
    """Preferences for new posts, kept with the log-in."""

    def __init__(self, services: Services, everybody: tuple[Right, ...] = ()) -> None:
        """``everybody`` has these rights on this site."""
        self._logins = services.access.logins
        self._everybody = everybody

    async def part(self, tx: Transaction, account_id: int) -> Mapping[str, Any]:
        """What a ``CredentialAccount`` says about preferences and role."""
        login = await self._logins.by_account(tx, account_id)
        role = Role.MEMBER if login is None else login.role
        return {
            "source": {
                "privacy": "public" if login is None else login.default_visibility,
                "sensitive": login is not None and login.default_sensitive,
                "language": None if login is None else login.default_language,
                "quote_policy": "public" if login is None else login.default_quote_policy,
            },
            "role": role_entity(role, self._everybody) | {"collection_limit": MOST_COLLECTIONS},
        }

    async def change(self, tx: Transaction, account_id: int, changes: SourceChanges) -> None:
        """Changes what is given. Raises Invalid for values that do not exist."""
        login = await self._logins.require(tx, account_id)
        language = _given(changes.language, login.default_language)
        await self._logins.set_preferences(
            tx,
            account_id,
            locale=login.locale,
            time_zone=login.time_zone,
            default_language=normalise_language(language),  # none for what is no language
            default_sensitive=_given(changes.sensitive, login.default_sensitive),
            default_visibility=_given(changes.privacy, login.default_visibility),
            default_quote_policy=_given(changes.quote_policy, login.default_quote_policy),
        )


def _rights_of_everybody(settings: Settings) -> tuple[Right, ...]:
    if settings.mails_posts and settings.mail.subscriptions is MailSubscriptions.EVERYBODY:
        return (Right.MANAGE_EMAIL_SUBSCRIPTIONS,)
    return ()


def _given(value: Any, known: Any) -> Any:
    return known if value is UNSET else value


class PictureStore:
    """Keeps avatars and headers as files; implements ``api_profile.PictureStore``."""

    def __init__(self, services: Services) -> None:
        self._workers = services.workers
        self._blobs = services.blobs
        self._media = services.media

    async def __call__(self, account_id: int, upload: Upload) -> str:
        """The key of the stored picture. Raises Invalid for what is no picture."""
        del account_id  # the key says nothing about the person
        content = await asyncio.to_thread(upload.path.read_bytes)
        try:
            image = await self._workers.run(process_image, content, largest_side=LONGEST_SIDE)
        except UnusableImage as error:
            raise Invalid("picture_not_usable", f"Validation failed: {error}") from error
        key, _ = self._media.name_image(image)
        await self._blobs.put(key, image.content)
        return key
