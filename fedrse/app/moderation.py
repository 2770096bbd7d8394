"""Wires moderation: for the server, and for commands."""

from __future__ import annotations

from msgspec import Struct

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.registration import make_registrations
from fedrse.app.services import Services
from fedrse.core.clock import DAY
from fedrse.features.moderation.jobs import ModerationJobs
from fedrse.features.moderation.pages_decisions import DecisionPages
from fedrse.features.moderation.service_alert_rounds import AlertRounds
from fedrse.features.moderation.service_appeals import Appeals, Presets
from fedrse.features.moderation.service_decisions import Decisions
from fedrse.features.moderation.service_letters import Letters
from fedrse.features.moderation.service_queue import ReportQueue
from fedrse.features.posts.service_takedowns import Takedowns
from fedrse.http.routes import Route
from fedrse.net.mail import Mailer
from fedrse.web.renderer import Renderer


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
    appeals = Appeals(
        clock=clock,
        audit=audit,
        logins=logins,
        decisions=decisions,
        letters=letters,
        alerts=services.alerts,
    )
    return Moderation(queue, decisions, appeals, Presets(clock=clock, ids=ids, audit=audit))


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """Pages of the people concerned; the jobs that belong to it are registered, too."""
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
    return own.routes()


def _register_jobs(
    ground: Ground, services: Services, moderation: Moderation, renderer: Renderer
) -> None:
    settings = ground.settings
    rounds = AlertRounds(
        clock=ground.clock,
        alerts=services.alerts,
        letters=Letters(queue=ground.queue, is_on=settings.mail.host is not None),
        logins=services.access.logins,
        appeals=moderation.appeals,
        sign_ups=make_registrations(ground, services).count_waiting,
    )
    ModerationJobs(
        database=ground.database,
        clock=ground.clock,
        decisions=moderation.decisions,
        rounds=rounds,
        logins=services.access.logins,
        renderer=renderer,
        mailer=Mailer(settings.mail, name=settings.site.name, domain=settings.handle_domain),
        origin=settings.origin,
        evidence_kept=settings.retention.evidence_days * DAY,
    ).register(ground.runner)
