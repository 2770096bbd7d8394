"""Wires signing up: for the server, and for the commands of admins."""

from __future__ import annotations

import asyncio

from fedrse.app.ground import Ground
from fedrse.app.operator import operator
from fedrse.app.secret_file import read_secret
from fedrse.app.security import SecurityServices
from fedrse.app.services import Services
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import DAY, HOUR, to_iso_seconds
from fedrse.core.errors import Invalid
from fedrse.core.settings import Settings
from fedrse.features.access.api_registration import RegistrationApi
from fedrse.features.access.jobs_letters import LetterJobs
from fedrse.features.access.model_registration import Registration
from fedrse.features.access.pages_confirm import ConfirmPages
from fedrse.features.access.pages_join import JoinPages
from fedrse.features.access.service_letters import Letters
from fedrse.features.access.service_registration import Registrations
from fedrse.features.accounts.service_keys import KeyPair, generate_key_pair
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.http.routes import Route
from fedrse.jobs.model import Job
from fedrse.net.mail import Mailer
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer

SWEEP = "access.registrations"
Facts = dict[str, object]


def make_registrations(ground: Ground, services: Services) -> Registrations:
    """The service."""
    settings, access = ground.settings, services.access
    return Registrations(
        blocks=services.sign_up_blocks,
        settings=settings,
        secret=read_secret(ground.folder / settings.storage.secret_file),
        clock=ground.clock,
        ids=ground.ids,
        events=ground.events,
        logins=access.logins,
        oauth=access.oauth,
        revocations=access.revocations,
        accounts=services.accounts,
        letters=Letters(queue=ground.queue, is_on=settings.mail.host is not None),
    )


def routes(
    ground: Ground, services: Services, security: SecurityServices, renderer: Renderer
) -> list[Route]:
    """Its addresses; the jobs that belong to it are registered, too."""
    settings, registrations = ground.settings, make_registrations(ground, services)
    LetterJobs(
        database=ground.database,
        registrations=registrations,
        logins=services.access.logins,
        links=security.links,
        renderer=renderer,
        mailer=Mailer(settings.mail, name=settings.site.name, domain=settings.handle_domain),
        origin=settings.origin,
    ).register(ground.runner)

    async def sweep(_job: Job) -> None:
        await ground.database.write(registrations.sweep)

    ground.runner.every(HOUR, SWEEP, sweep)
    pages = ConfirmPages(
        database=ground.database,
        registrations=registrations,
        renderer=renderer,
        make_keys=make_keys,
    )
    join = JoinPages(
        database=ground.database,
        registrations=registrations,
        oauth=services.access.oauth,
        settings=settings.registration,
        renderer=renderer,
        sends_mail=settings.mail.host is not None,
    )
    api = RegistrationApi(database=ground.database, registrations=registrations)
    return [*api.routes(), *pages.routes(), *join.routes()]


async def make_keys() -> KeyPair:
    """The keys of a new account, made on another thread."""
    return await asyncio.to_thread(generate_key_pair)


# Commands


async def pending(settings: Settings) -> list[Facts]:
    """Everybody who waits for an account."""
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)
        return [_facts(one) for one in await whole.ground.database.read(registrations.all)]


async def approve(settings: Settings, name: str) -> bool:
    """Agrees; True if the account is there now, False if the address is not confirmed yet.

    Raises NotFound, Conflict.
    """
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)

        async def note(tx: Transaction, known: Registration) -> None:
            await _record(tx, whole, Act.REGISTRATION_APPROVED, known)

        known = await registrations.approve(whole.ground.database, name, make_keys, note)
        return known.is_ready


async def reject(settings: Settings, name: str, reason: str = "") -> None:
    """Forgets the request. Raises NotFound."""
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)

        async def unit(tx: Transaction) -> None:
            known = await registrations.reject(tx, name)
            await _record(tx, whole, Act.REGISTRATION_REJECTED, known, reason)

        await whole.ground.database.write(unit)


async def link(settings: Settings, name: str) -> str:
    """The address that confirms, to be handed over. Raises NotFound, Invalid."""
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)
        known = await whole.ground.database.read(registrations.named, name)
        if known.confirmed_at is not None:
            raise Invalid("confirmed_already", f"{known.email} is confirmed already.")
        return registrations.link(known)


async def invite(settings: Settings, *, uses: int, days: int) -> Facts:
    """A new invitation. Raises Invalid."""
    if not 1 <= uses <= 10_000 or not 1 <= days <= 3650:
        raise Invalid("invitation_bounds", "Up to 10000 people, and up to 3650 days.")
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)

        async def unit(tx: Transaction) -> str:
            code = await registrations.invite(tx, most_uses=uses, life=days * DAY)
            after = {"uses": uses, "days": days}
            await whole.ground.audit.record(
                tx, Act.INVITATION_CREATED, operator(), Target("invitation", ""), after=after
            )
            return code

        return {"code": await whole.ground.database.write(unit), "uses": uses, "days": days}


async def invitations(settings: Settings) -> list[Facts]:
    """Invitations that somebody may still use."""
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)
        return [
            {
                "id": str(one.id),
                "used": f"{one.uses}/{one.most_uses}",
                "until": to_iso_seconds(one.expires_at),
            }
            for one in await whole.ground.database.read(registrations.invitations)
        ]


async def withdraw(settings: Settings, identifier: int) -> None:
    """Ends an invitation. Raises NotFound."""
    async with open_whole(settings) as whole:
        registrations = make_registrations(whole.ground, whole.services)

        async def unit(tx: Transaction) -> None:
            await registrations.withdraw(tx, identifier)
            target = Target("invitation", str(identifier))
            await whole.ground.audit.record(tx, Act.INVITATION_WITHDRAWN, operator(), target)

        await whole.ground.database.write(unit)


async def _record(
    tx: Transaction, whole: Whole, act: Act, known: Registration, reason: str = ""
) -> None:
    target = Target("registration", str(known.id), known.username)
    await whole.ground.audit.record(tx, act, operator(), target, reason=reason)


def _facts(one: Registration) -> Facts:
    return {
        "username": one.username,
        "email": one.email,
        "state": _state(one),
        "since": to_iso_seconds(one.created_at),
        "reason": one.reason,
    }


def _state(one: Registration) -> str:
    if one.confirmed_at is None:
        return "address not confirmed"
    return "waits for a decision" if one.approved_at is None else "cannot be made"
