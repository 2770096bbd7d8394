"""Wires moderation and the administration of accounts: for the server, and for commands."""

from __future__ import annotations

from dataclasses import dataclass

from fedrse.app.ground import Ground
from fedrse.app.registration import make_keys, make_registrations
from fedrse.app.security import SecurityServices
from fedrse.app.services import Services
from fedrse.core.clock import DAY
from fedrse.features.admin.api_accounts import AdminAccountsApi
from fedrse.features.admin.api_reports import AdminReportsApi
from fedrse.features.admin.service import People
from fedrse.features.admin.service_entities import AdminEntities
from fedrse.features.migration.service_leaving import Leaving
from fedrse.features.moderation.jobs import ModerationJobs
from fedrse.features.moderation.service_appeals import Appeals, Presets
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_letters import Letters
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.features.posts.service_takedowns import Takedowns
from fedrse.http.routes import Route
from fedrse.net.mail import Mailer
from fedrse.web.renderer import Renderer


@dataclass(frozen=True, slots=True)
class Moderation:
    """What pages, programs and commands use."""

    queue: ReportQueue
    decisions: Decisions
    appeals: Appeals
    presets: Presets


def make_moderation(ground: Ground, services: Services) -> Moderation:
    """The services; they remember nothing, so they can be made anywhere."""
    clock, ids, audit, posts = ground.clock, ground.ids, ground.audit, services.posts
    logins = services.access.logins
    letters = Letters(queue=ground.queue, is_on=ground.settings.mail.host is not None)
    queue = ReportQueue(
        clock=clock, ids=ids, audit=audit, reports=services.reports, letters=letters
    )
    takedowns = Takedowns(
        clock=clock,
        events=ground.events,
        people=services.accounts,
        access=posts.access,
        rows=posts.rows,
        counters=posts.counters,
        delivery=posts.delivery,
        editor=posts.editor,
        remover=posts.remover,
        changes=posts.changes,
    )
    decisions = Decisions(
        clock=clock,
        ids=ids,
        events=ground.events,
        audit=audit,
        people=services.accounts,
        states=services.accounts.states,
        posts=takedowns,
        logins=logins,
        reports=queue,
        letters=letters,
        jobs=ground.queue,
    )
    appeals = Appeals(clock=clock, audit=audit, logins=logins, decisions=decisions, letters=letters)
    return Moderation(queue, decisions, appeals, Presets(clock=clock, ids=ids, audit=audit))


def make_people(
    ground: Ground, services: Services, security: SecurityServices, moderation: Moderation
) -> People:
    """Accounts for those in charge."""
    access = services.access
    return People(
        clock=ground.clock,
        audit=ground.audit,
        accounts=services.accounts,
        logins=access.logins,
        sessions=access.sessions,
        oauth=access.oauth,
        links=security.links,
        registrations=make_registrations(ground, services),
        leaving=Leaving(accounts=services.accounts, logins=access.logins),
        decisions=moderation.decisions,
    )


def routes(
    ground: Ground, services: Services, security: SecurityServices, renderer: Renderer
) -> list[Route]:
    """The addresses for programs; the jobs that belong to it are registered, too."""
    settings, database, origin = ground.settings, ground.database, ground.settings.origin
    moderation = make_moderation(ground, services)
    people = make_people(ground, services, security, moderation)
    ModerationJobs(
        database=database,
        clock=ground.clock,
        decisions=moderation.decisions,
        logins=services.access.logins,
        renderer=renderer,
        mailer=Mailer(settings.mail, name=settings.site.name, domain=settings.handle_domain),
        origin=origin,
        evidence_kept=settings.retention.evidence_days * DAY,
    ).register(ground.runner)
    entities = AdminEntities(
        people=people,
        accounts=services.accounts,
        reports=moderation.queue,
        reported=services.posts.statuses.for_moderation,
        rules=settings.site.rules,
        origin=origin,
    )
    accounts = AdminAccountsApi(
        database=database,
        people=people,
        entities=entities,
        decisions=moderation.decisions,
        presets=moderation.presets,
        make_keys=make_keys,
        origin=origin,
    )
    reports = AdminReportsApi(
        database=database, reports=moderation.queue, entities=entities, origin=origin
    )
    return [*accounts.routes(), *reports.routes()]
