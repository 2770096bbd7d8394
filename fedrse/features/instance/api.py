"""Client API: what this site is and can do (Mastodon API ``instance``)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import fedrse
from fedrse.blobs.pictures import MOST_PIXELS
from fedrse.blobs.recordings import MOST_PIXELS as MOST_VIDEO_PIXELS
from fedrse.blobs.recordings import TOLD_FRAME_RATE
from fedrse.core.html import escape
from fedrse.core.markdown import MARKDOWN, PLAIN
from fedrse.core.ports import Protocol
from fedrse.core.settings import Settings
from fedrse.core.settings_mail import RegistrationMode
from fedrse.features.instance.api_texts import rules_of
from fedrse.features.instance.model import Numbers
from fedrse.features.instance.service_texts import ABOUT, PRIVACY, TERMS, SiteTexts
from fedrse.http.reply import Reply, json_reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction

# The version whose documented functions are all here.
MASTODON_VERSION = "4.6.0"
VERSION = f"{MASTODON_VERSION} (compatible; fedrse {fedrse.__version__})"
API_VERSION = 10  # of 4.6: collections
MEGABYTE = 1024 * 1024
# What the account feature accepts; a test compares.
ACCOUNT_LIMITS = {
    "max_display_name_length": 30,
    "max_note_length": 500,
    "max_avatar_description_length": 1500,
    "max_header_description_length": 1500,
    "max_featured_tags": 10,
    "max_pinned_statuses": 5,
    "max_profile_fields": 4,
    "profile_field_name_limit": 255,
    "profile_field_value_limit": 255,
}
# Of header.png; a test compares.
THUMBNAIL_BLURHASH = "L7NU9h_4fQ_4_4j]fQj]fQfQfQfQ"
# Members of the configuration that version 1 does not have.
_NEWER = ("urls", "vapid", "translation", "limited_federation", "timelines_access")


Season = Callable[[], str | None]
"""The year whose reports apps offer by themselves now."""

MediaTypes = Callable[[], Awaitable[Sequence[str]]]
"""The media types of files that can be uploaded on this machine."""


class SiteFacts(Protocol):
    """What higher features know about the site."""

    async def numbers(self, tx: Transaction) -> Numbers: ...

    async def contact(self, tx: Transaction) -> dict[str, Any] | None:
        """The Account entity of the person in charge."""

    async def peer_domains(self, tx: Transaction) -> list[str]: ...


class InstanceApi:
    """Handlers; answers hold nothing secret, so nobody needs to be logged in."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        facts: SiteFacts,
        *,
        texts: SiteTexts,
        thumbnail: str,
        icons: Mapping[str, str],
        vapid_key: str,
        season: Season,
        media_types: MediaTypes,
    ) -> None:
        """``thumbnail``: the address of a picture; ``icons``: those of others by their size.

        ``vapid_key`` is that of pushed messages.
        """
        self._settings = settings
        self._database = database
        self._facts = facts
        self._texts = texts
        self._thumbnail = thumbnail
        self._icons = [{"src": address, "size": size} for size, address in icons.items()]
        self._season = season
        self._media_types = media_types
        self._vapid_key = vapid_key

    async def _read(self) -> tuple[Numbers, dict[str, Any] | None]:
        async def unit(tx: Transaction) -> tuple[Numbers, dict[str, Any] | None]:
            return await self._facts.numbers(tx), await self._facts.contact(tx)

        return await self._database.read(unit)

    async def version_1(self, _request: Request) -> Reply:
        """``GET /api/v1/instance``."""
        numbers, contact = await self._read()
        site, registration = self._settings.site, self._settings.registration
        configuration = self._configuration(await self._media_types())
        for newer in _NEWER:
            configuration.pop(newer, None)
        return json_reply(
            {
                "uri": self._settings.handle_domain,
                "title": site.name,
                "short_description": site.description,
                "description": site.description,
                "email": site.contact_email,
                "version": VERSION,
                "urls": {"streaming_api": self._streaming()},
                "stats": {
                    "user_count": numbers.people,
                    "status_count": numbers.posts,
                    "domain_count": numbers.peers,
                },
                "thumbnail": self._thumbnail,
                "languages": [site.language],
                "registrations": registration.mode is not RegistrationMode.CLOSED,
                "approval_required": registration.mode is RegistrationMode.APPROVAL,
                "invites_enabled": False,
                "configuration": configuration,
                "contact_account": contact,
                "rules": rules_of(self._settings),
            }
        )

    async def version_2(self, _request: Request) -> Reply:
        """``GET /api/v2/instance``."""
        numbers, contact = await self._read()
        site = self._settings.site
        configuration = self._configuration(await self._media_types())
        configuration["urls"] |= await asyncio.to_thread(self._pages)
        return json_reply(
            {
                "domain": self._settings.handle_domain,
                "title": site.name,
                "version": VERSION,
                # There is no public address: the page says whom to ask (AGPL, section 13).
                "source_url": f"{self._settings.origin}{ABOUT}",
                "description": site.description,
                "usage": {"users": {"active_month": numbers.active_month}},
                "thumbnail": {
                    "url": self._thumbnail,
                    "description": site.name,
                    "blurhash": THUMBNAIL_BLURHASH,
                    # One file that is large enough for both.
                    "versions": {"@1x": self._thumbnail, "@2x": self._thumbnail},
                },
                "icon": self._icons,
                "wrapstodon": self._season(),
                "languages": [site.language],
                "configuration": configuration,
                "registrations": self._registrations(),
                "api_versions": {"mastodon": API_VERSION},
                "contact": {"email": site.contact_email, "account": contact},
                "rules": rules_of(self._settings),
            }
        )

    def _registrations(self) -> dict[str, Any]:
        """Whether people may sign up; apps do it by the API, there is no page (``url``)."""
        registration = self._settings.registration
        approval = registration.mode is RegistrationMode.APPROVAL
        return {
            "enabled": registration.mode is not RegistrationMode.CLOSED,
            "approval_required": approval,
            "reason_required": approval and registration.reason_required,
            "message": self._message(),
            "min_age": registration.minimum_age or None,
            "url": None,
        }

    def _message(self) -> str | None:
        """As HTML: why nobody may sign up."""
        registration = self._settings.registration
        if registration.mode is not RegistrationMode.CLOSED or not registration.message:
            return None
        return f"<p>{escape(registration.message)}</p>"

    def _streaming(self) -> str:
        return "ws" + self._settings.origin.removeprefix("http")

    def _configuration(self, media_types: Sequence[str]) -> dict[str, Any]:
        media = self._settings.media
        return {
            "urls": {"streaming": self._streaming()},
            "vapid": {"public_key": self._vapid_key},
            "accounts": dict(ACCOUNT_LIMITS),
            "statuses": {
                "max_characters": self._settings.posts.max_characters,
                "max_media_attachments": 4,
                "characters_reserved_per_url": 23,
                # As in glitch-soc: apps that know content_type offer these.
                "supported_mime_types": [PLAIN, MARKDOWN],
            },
            "media_attachments": {
                "supported_mime_types": list(media_types),
                "description_limit": 1500,
                "image_size_limit": media.max_image_megabytes * MEGABYTE,
                "image_matrix_limit": MOST_PIXELS,
                "video_size_limit": media.max_video_megabytes * MEGABYTE,
                "video_frame_rate_limit": TOLD_FRAME_RATE,
                "video_matrix_limit": MOST_VIDEO_PIXELS,
            },
            "polls": {
                "max_options": 10,
                "max_characters_per_option": 100,
                "min_expiration": 300,
                "max_expiration": 2_629_746,
            },
            "translation": {"enabled": self._settings.translation.url is not None},
            "timelines_access": _timelines_access(public_pages=self._settings.site.public_pages),
            "limited_federation": self._settings.federation.mode == "closed",
        }

    def _pages(self) -> dict[str, str | None]:
        """Addresses of the pages about the site; None where the operator wrote no text."""
        origin = self._settings.origin
        return {
            "status": None,
            "about": origin + ABOUT,
            "privacy_policy": origin + PRIVACY if self._texts.privacy() else None,
            "terms_of_service": origin + TERMS if self._texts.has_terms() else None,
        }


def _timelines_access(*, public_pages: bool) -> dict[str, dict[str, str]]:
    """Who reads timelines: visitors at most what people of this site agreed to show them."""
    own = "public" if public_pages else "authenticated"
    return {
        "live_feeds": {"local": own, "remote": "authenticated"},
        "hashtag_feeds": {"local": own, "remote": "authenticated"},
        "trending_link_feeds": {"local": "authenticated", "remote": "authenticated"},
    }


def routes(api: InstanceApi) -> list[Route]:
    """The addresses of this feature."""

    def get(path: str, handler: Handler, auth: Auth = Auth.PUBLIC) -> Route:
        return Route("GET", path, handler, Surface.API, auth)

    return [
        get("/api/v1/instance", api.version_1),
        get("/api/v2/instance", api.version_2),
    ]
