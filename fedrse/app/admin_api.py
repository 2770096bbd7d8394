"""Wires what of the admin API is about the site itself: domains, trends, numbers."""

from __future__ import annotations

from fedrse.app.community import cards_of, trends_of
from fedrse.app.ground import Ground
from fedrse.app.policy import make_rules
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services, blocked_peers
from fedrse.core.errors import Unauthenticated
from fedrse.features.admin.api_domains import AdminDomainsApi
from fedrse.features.admin.api_measures import AdminMeasuresApi
from fedrse.features.admin.api_trends import AdminTrendsApi
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.service_domains import Domains
from fedrse.features.tags.service import Tags
from fedrse.features.trends.service_review import TrendReviews
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.cldr import language_names


def routes(ground: Ground, protocol: Protocol, services: Services, tags: Tags) -> list[Route]:
    """Addresses below ``/api/v1/admin``."""
    return [
        *_domains(ground, protocol, services).routes(),
        *_trends(ground, services, tags).routes(),
        *AdminMeasuresApi(
            database=ground.database, clock=ground.clock, language_names=language_names
        ).routes(),
    ]


def reviews_of(ground: Ground) -> TrendReviews:
    """What those in charge say about trends."""
    return TrendReviews(
        clock=ground.clock,
        audit=ground.audit,
        trends=trends_of(ground),
        needs_review=ground.settings.trends.review,
    )


def _trends(ground: Ground, services: Services, tags: Tags) -> AdminTrendsApi:
    return AdminTrendsApi(
        database=ground.database,
        reviews=reviews_of(ground),
        tags=tags,
        statuses=services.posts.entities,
        card=cards_of(ground, services).entity,
        origin=ground.settings.origin,
    )


def _domains(ground: Ground, protocol: Protocol, services: Services) -> AdminDomainsApi:
    border, resting = protocol.border, blocked_peers(ground, protocol, services)
    domain = ground.settings.handle_domain

    async def author_of(tx: Transaction, viewer: int) -> Author:
        entity = (await services.accounts.entities(tx, [viewer])).get(viewer)
        if entity is None:
            raise Unauthenticated("login_required", "Sign in to continue")
        return Author("person", str(viewer), f"@{entity['username']}@{domain}")

    async def settle() -> None:
        await border.load(ground.database)
        await ground.database.write(resting.note)

    return AdminDomainsApi(
        database=ground.database,
        domains=Domains(clock=ground.clock, rules=make_rules(ground), border=border),
        author_of=author_of,
        settle=settle,
        origin=ground.settings.origin,
    )
