"""Wires the pages on which posts are written, changed, deleted and voted on."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.features.polls.pages import PollPages
from fedrse.features.posts.api import LookUp
from fedrse.features.posts.model import Audience
from fedrse.features.posts.model_drawing import Drawing
from fedrse.features.posts.pages_cards import AUDIENCES
from fedrse.features.posts.pages_compose import ComposePages
from fedrse.features.posts.pages_compose_desk import WritingParts
from fedrse.features.posts.pages_compose_files import ComposeFiles
from fedrse.features.posts.pages_drafts import DraftPages
from fedrse.features.posts.pages_own import OwnPostPages
from fedrse.features.posts.pages_sent import SentPages
from fedrse.features.posts.service_compose import Composer
from fedrse.features.posts.service_drafts import Drafts
from fedrse.features.posts.service_ports import Preferences
from fedrse.features.posts.service_readers import Readers
from fedrse.features.scheduling.pages import ScheduledPages
from fedrse.features.scheduling.service import Scheduling
from fedrse.features.search.pages_suggest import SuggestPages
from fedrse.http.routes import Route
from fedrse.web.renderer import Renderer


def routes(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    renderer: Renderer,
    *,
    drawing: Drawing,
    preferences: Preferences,
    look_up: LookUp,
    scheduling: Scheduling,
) -> list[Route]:
    """The pages of writers."""
    parts = _parts(
        ground,
        protocol,
        services,
        renderer,
        drawing=drawing,
        preferences=preferences,
        look_up=look_up,
        scheduling=scheduling,
    )
    own = OwnPostPages(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        drawing=drawing,
        renderer=renderer,
        clock=ground.clock,
        max_characters=parts.max_characters,
    )
    suggestions = SuggestPages(
        database=ground.database,
        search=services.search,
        people=services.accounts,
        emojis=services.emojis,
        faces=renderer.faces,
    )
    return [
        *ComposePages(parts).routes(),
        *ComposeFiles(parts).routes(),
        *DraftPages(parts).routes(),
        *SentPages(parts).routes(),
        *suggestions.routes(),
        *own.routes(),
        *_more(ground, services, renderer, parts, scheduling),
    ]


def _parts(
    ground: Ground,
    protocol: Protocol,
    services: Services,
    renderer: Renderer,
    *,
    drawing: Drawing,
    preferences: Preferences,
    look_up: LookUp,
    scheduling: Scheduling,
) -> WritingParts:
    return WritingParts(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        readers=Readers(
            clock=ground.clock,
            border=services.posts.border,
            name=ground.settings.site.name,
            other_hosts=sorted(protocol.network.member_hosts()),
        ),
        library=services.uploads.library,
        files=services.uploads.files,
        urls=services.media_urls,
        preferences=preferences,
        drawing=drawing,
        renderer=renderer,
        composer=Composer(
            origin=ground.settings.origin,
            own_domain=ground.settings.handle_domain,
            people=services.accounts,
            emojis=services.emojis,
        ),
        drafts=Drafts(
            clock=ground.clock,
            ids=ground.ids,
            events=ground.events,
            media=services.uploads.library,
        ),
        later=scheduling,
        clock=ground.clock,
        max_characters=ground.settings.posts.max_characters,
        look_up=look_up,
    )


def _more(
    ground: Ground,
    services: Services,
    renderer: Renderer,
    parts: WritingParts,
    scheduling: Scheduling,
) -> list[Route]:
    """Votes, and what waits."""
    votes = PollPages(
        database=ground.database,
        polls=services.polls,
        people=services.accounts,
        drawing=parts.drawing,
        renderer=renderer,
    )

    def faces(audience: Audience | None) -> tuple[str, str]:
        return AUDIENCES[audience or services.posts.border.default_audience]

    waiting = ScheduledPages(
        database=ground.database,
        scheduling=scheduling,
        drawing=parts.drawing,
        renderer=renderer,
        drafts=parts.drafts.count,
        faces=faces,
    )
    return [*votes.routes(), *waiting.routes()]
