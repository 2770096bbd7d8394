"""Wires moderation and the administration of accounts: for the server, and for commands."""

from __future__ import annotations

from msgspec import Struct

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.registration import make_keys, make_registrations
from fedrse.app.services import Services
from fedrse.core.clock import DAY
from fedrse.features.access.service_letters import Letters as AccessLetters
from fedrse.features.access.service_links import PasswordLinks
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.admin.api_accounts import AdminAccountsApi
from fedrse.features.admin.api_blocks import AdminBlocksApi
from fedrse.features.admin.api_reports import AdminReportsApi
from fedrse.features.admin.pages_accounts import AccountDesk
from fedrse.features.admin.pages_appeals import AppealDesk
from fedrse.features.admin.pages_decide import DecidePages
from fedrse.features.admin.pages_invitations import InvitationDesk
from fedrse.features.admin.pages_reports import Names, ReportDesk
from fedrse.features.admin.service import People
from fedrse.features.admin.service_entities import AdminEntities
from fedrse.features.migration.service_leaving import Leaving
from fedrse.features.moderation.jobs import ModerationJobs
from fedrse.features.moderation.pages_decisions import DecisionPages
from fedrse.features.moderation.service_appeals import Appeals, Presets
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_letters import Letters
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.features.posts.service_reported import ReportedPosts
from fedrse.features.posts.service_takedowns import Takedowns
from fedrse.http.routes import Route
from fedrse.net.mail import Mailer
from fedrse.store.database import Transaction
from fedrse.web.console import Console
from fedrse.web.languages import Languages
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person


class Moderation(Struct, frozen=True):
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


def make_people(ground: Ground, services: Services, moderation: Moderation) -> People:
    """Accounts for those in charge."""
    access, letters = services.access, AccessLetters(queue=ground.queue, is_on=False)
    log = SecurityLog(clock=ground.clock, ids=ground.ids, logins=access.logins)
    links = PasswordLinks(
        clock=ground.clock,
        logins=access.logins,
        log=log,
        letters=letters,  # a link is handed over, never sent
        origin=ground.settings.origin,
    )
    return People(
        clock=ground.clock,
        audit=ground.audit,
        accounts=services.accounts,
        logins=access.logins,
        sessions=access.sessions,
        oauth=access.oauth,
        links=links,
        registrations=make_registrations(ground, services),
        leaving=Leaving(accounts=services.accounts, logins=access.logins),
        decisions=moderation.decisions,
    )


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """The addresses for programs; the jobs that belong to it are registered, too."""
    moderation = make_moderation(ground, services)
    _register_jobs(ground, services, moderation, renderer)
    own = DecisionPages(
        database=ground.database,
        clock=ground.clock,
        decisions=moderation.decisions,
        appeals=moderation.appeals,
        queue=moderation.queue,
        renderer=renderer,
        me=me_of(services, renderer),
    )
    return [*own.routes(), *_api_routes(ground, services, moderation)]


def _register_jobs(
    ground: Ground, services: Services, moderation: Moderation, renderer: Renderer
) -> None:
    settings = ground.settings
    ModerationJobs(
        database=ground.database,
        clock=ground.clock,
        decisions=moderation.decisions,
        logins=services.access.logins,
        renderer=renderer,
        mailer=Mailer(settings.mail, name=settings.site.name, domain=settings.handle_domain),
        origin=settings.origin,
        evidence_kept=settings.retention.evidence_days * DAY,
    ).register(ground.runner)


def _api_routes(ground: Ground, services: Services, moderation: Moderation) -> list[Route]:
    database, origin = ground.database, ground.settings.origin
    people = make_people(ground, services, moderation)
    reported = ReportedPosts(
        border=services.posts.border, people=services.accounts, statuses=services.posts.statuses
    )
    entities = AdminEntities(
        people=people,
        accounts=services.accounts,
        reports=moderation.queue,
        reported=reported.entities,
        rules=ground.settings.site.rules,
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
    blocks = AdminBlocksApi(
        database=database,
        clock=ground.clock,
        blocks=services.sign_up_blocks,
        origin=origin,
    )
    return [*accounts.routes(), *reports.routes(), *blocks.routes()]


def console_routes(
    ground: Ground, services: Services, renderer: Renderer, console: Console, me: Me
) -> list[Route]:
    """The pages of the console."""
    moderation = make_moderation(ground, services)

    async def names(tx: Transaction, ids: list[int]) -> dict[int, Person]:
        found = await services.accounts.entities(tx, ids)
        return {key: renderer.faces.person(entity) for key, entity in found.items()}

    return [
        *_report_pages(
            ground, services, moderation, console, renderer.languages, me=me, names=names
        ),
        *_account_pages(ground, services, moderation, console, me=me, names=names),
    ]


def _report_pages(
    ground: Ground,
    services: Services,
    moderation: Moderation,
    console: Console,
    languages: Languages,
    *,
    me: Me,
    names: Names,
) -> list[Route]:
    database = ground.database
    reports = ReportDesk(
        database=database,
        queue=moderation.queue,
        decisions=moderation.decisions,
        console=console,
        me=me,
        names=names,
        rules=ground.settings.site.rules,
    )
    appeals = AppealDesk(
        database=database,
        appeals=moderation.appeals,
        presets=moderation.presets,
        console=console,
        me=me,
        names=names,
    )
    deciding = DecidePages(
        database=database,
        decisions=moderation.decisions,
        queue=moderation.queue,
        presets=moderation.presets,
        logins=services.access.logins,
        languages=languages,
        console=console,
        me=me,
        names=names,
    )
    return [*reports.routes(), *appeals.routes(), *deciding.routes()]


def _account_pages(
    ground: Ground,
    services: Services,
    moderation: Moderation,
    console: Console,
    *,
    me: Me,
    names: Names,
) -> list[Route]:
    people = make_people(ground, services, moderation)
    accounts = AccountDesk(
        database=ground.database,
        people=people,
        sessions=services.access.sessions,
        oauth=services.access.oauth,
        decisions=moderation.decisions,
        queue=moderation.queue,
        console=console,
        me=me,
        names=names,
        make_keys=make_keys,
    )
    invitations = InvitationDesk(
        database=ground.database,
        people=people,
        registrations=make_registrations(ground, services),
        console=console,
        me=me,
        origin=ground.settings.origin,
    )
    return [*accounts.routes(), *invitations.routes()]
