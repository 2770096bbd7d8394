"""Wires the pages on which posts are written, changed and deleted."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.features.polls.pages import PollPages
from fedrse.features.posts.api import LookUp
from fedrse.features.posts.model_drawing import Drawing
from fedrse.features.posts.pages_compose import ComposePages
from fedrse.features.posts.pages_own import OwnPostPages
from fedrse.features.posts.service_ports import Preferences
from fedrse.features.posts.service_readers import Readers
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
) -> list[Route]:
    """The pages of writers."""
    most = ground.settings.posts.max_characters
    readers = Readers(
        clock=ground.clock,
        border=services.posts.border,
        name=ground.settings.site.name,
        other_hosts=sorted(protocol.network.member_hosts()),
    )
    composing = ComposePages(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        readers=readers,
        library=services.uploads.library,
        files=services.uploads.files,
        urls=services.media_urls,
        preferences=preferences,
        drawing=drawing,
        renderer=renderer,
        max_characters=most,
        look_up=look_up,
    )
    own = OwnPostPages(
        database=ground.database,
        posts=services.posts,
        people=services.accounts,
        drawing=drawing,
        renderer=renderer,
        clock=ground.clock,
        max_characters=most,
    )
    votes = PollPages(
        database=ground.database,
        polls=services.polls,
        people=services.accounts,
        drawing=drawing,
        renderer=renderer,
    )
    return [*composing.routes(), *own.routes(), *votes.routes()]
