"""Wires what those in charge use to look after people: pages of the console, and programs' API."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.moderation import Moderation, make_moderation
from fedrse.app.registration import make_keys, make_registrations
from fedrse.app.services import Services
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
from fedrse.features.admin.pages_mails import MailDesk
from fedrse.features.admin.pages_reports import Names, ReportDesk
from fedrse.features.admin.service import People
from fedrse.features.admin.service_entities import AdminEntities
from fedrse.features.migration.service_leaving import Leaving
from fedrse.features.posts.service_reported import ReportedPosts
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.console import Console
from fedrse.web.languages import Languages
from fedrse.web.renderer import Renderer
from fedrse.web.viewers import Me
from fedrse.web.views import Person


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


def api_routes(ground: Ground, services: Services) -> list[Route]:
    """The admin API of Mastodon: ``/api/v1/admin`` and ``/api/v2/admin``."""
    moderation = make_moderation(ground, services)
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
    mails = MailDesk(database=database, alerts=services.alerts, console=console, me=me)
    return [*reports.routes(), *appeals.routes(), *deciding.routes(), *mails.routes()]


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
