"""Wires what guards log-ins: second step, passkeys, links for new passwords, the log."""

from __future__ import annotations

from msgspec import Struct

from fedrse.activitypub.key_cipher import KeyCipher
from fedrse.app.context import AccessServices
from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.operator import operator
from fedrse.app.services import Services
from fedrse.app.whole import Whole, open_whole
from fedrse.core.clock import HOUR, Clock
from fedrse.core.errors import NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.features.access.model import Login
from fedrse.features.access.model_security import ADMIN_LINK_LIFE
from fedrse.features.access.pages import SignInPages
from fedrse.features.access.pages_forgotten import ForgottenPages
from fedrse.features.access.pages_passkeys import PasskeyPages
from fedrse.features.access.pages_second import SecondStepPages
from fedrse.features.access.pages_security import SecurityPages
from fedrse.features.access.pages_totp import TotpPages
from fedrse.features.access.service_entrance import Entrance, First
from fedrse.features.access.service_letters import Letters
from fedrse.features.access.service_links import PasswordLinks
from fedrse.features.access.service_passkeys import Passkeys
from fedrse.features.access.service_second_factor import SecondFactors
from fedrse.features.access.service_security_log import SecurityLog
from fedrse.features.access.service_steps import Steps
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.directory.service_welcome import Welcome
from fedrse.http.routes import Route
from fedrse.jobs.model import Job
from fedrse.jobs.queue import Queue
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer

SWEEP = "access.security"


class SecurityServices(Struct, frozen=True):
    """What pages and commands use."""

    log: SecurityLog
    second: SecondFactors
    steps: Steps
    passkeys: Passkeys
    links: PasswordLinks
    letters: Letters
    entrance: Entrance


def security_services(
    settings: Settings,
    access: AccessServices,
    *,
    clock: Clock,
    ids: IdMaker,
    cipher: KeyCipher,
    queue: Queue,
    first: First | None = None,
) -> SecurityServices:
    """The services; ``first`` says where somebody begins who is new."""
    letters = Letters(queue=queue, is_on=settings.mail.host is not None)
    log = SecurityLog(clock=clock, ids=ids, logins=access.logins)
    second = SecondFactors(clock=clock, cipher=cipher, log=log, limits=settings.limits)
    steps = Steps(clock=clock)
    entrance = Entrance(
        logins=access.logins,
        sessions=access.sessions,
        second=second,
        steps=steps,
        log=log,
        notice=letters.new_browser,
        first=first,
    )
    links = PasswordLinks(
        clock=clock, logins=access.logins, log=log, letters=letters, origin=settings.origin
    )
    passkeys = Passkeys(
        clock=clock,
        ids=ids,
        steps=steps,
        log=log,
        origin=settings.origin,
        site_name=settings.site.name,
    )
    return SecurityServices(
        log=log,
        second=second,
        steps=steps,
        passkeys=passkeys,
        links=links,
        letters=letters,
        entrance=entrance,
    )


def of_site(ground: Ground, services: Services) -> SecurityServices:
    """The services of a running site; what they leave behind is swept."""
    made = security_services(
        ground.settings,
        services.access,
        clock=ground.clock,
        ids=ground.ids,
        cipher=ground.cipher,
        queue=ground.queue,
        first=Welcome(clock=ground.clock).path,
    )

    async def sweep(_job: Job) -> None:
        async def unit(tx: Transaction) -> None:
            await made.steps.sweep(tx)
            await made.log.sweep(tx)
            await made.links.sweep(tx)

        await ground.database.write(unit)

    ground.runner.every(HOUR, SWEEP, sweep)
    return made


def routes(
    ground: Ground,
    services: Services,
    security: SecurityServices,
    sign_in: SignInPages,
    renderer: Renderer,
) -> list[Route]:
    """The pages."""
    database, logins, me = ground.database, services.access.logins, me_of(services, renderer)
    second_step = SecondStepPages(
        database=database, entrance=security.entrance, sign_in=sign_in, renderer=renderer
    )
    overview = SecurityPages(
        database=database,
        logins=logins,
        second=security.second,
        passkeys=security.passkeys,
        letters=security.letters,
        log=security.log,
        me=me,
        renderer=renderer,
    )
    passkeys = PasskeyPages(
        database=database,
        logins=logins,
        passkeys=security.passkeys,
        entrance=security.entrance,
        sign_in=sign_in,
        me=me,
        renderer=renderer,
    )
    totp = TotpPages(
        database=database,
        logins=logins,
        second=security.second,
        log=security.log,
        me=me,
        renderer=renderer,
        issuer=ground.settings.site.name,
    )
    forgotten = ForgottenPages(
        database=database, logins=logins, links=security.links, renderer=renderer
    )
    pages = [*second_step.routes(), *overview.routes(), *totp.routes()]
    return [*pages, *passkeys.routes(), *forgotten.routes()]


# Commands


async def password_link(settings: Settings, name: str) -> str:
    """A link to hand over, good once and for a day. Raises NotFound."""
    async with open_whole(settings) as whole:
        security = of_site(whole.ground, whole.services)

        async def unit(tx: Transaction) -> str:
            login = await _named(tx, whole.services, name)
            await _record(tx, whole, Act.ACCOUNT_PASSWORD_LINK, login)
            return await security.links.make(tx, login.account_id, life=ADMIN_LINK_LIFE)

        return await whole.ground.database.write(unit)


async def reset_second_factor(settings: Settings, name: str, *, passkeys_too: bool) -> None:
    """For somebody who lost telephone and codes. Raises NotFound."""
    async with open_whole(settings) as whole:
        security = of_site(whole.ground, whole.services)

        async def unit(tx: Transaction) -> None:
            login = await _named(tx, whole.services, name)
            await security.second.turn_off(tx, login.account_id, None, by_admin=True)
            if passkeys_too:
                await security.passkeys.remove_all(tx, login.account_id)
            after = {"passkeys": passkeys_too}
            await _record(tx, whole, Act.ACCOUNT_SECOND_FACTOR_RESET, login, after)

        await whole.ground.database.write(unit)


async def _record(
    tx: Transaction, whole: Whole, act: Act, login: Login, after: object = None
) -> None:
    target = Target("account", str(login.account_id), login.username)
    await whole.ground.audit.record(tx, act, operator(), target, after=after)


async def _named(tx: Transaction, services: Services, name: str) -> Login:
    found = await services.access.logins.named(tx, name)
    if found is None:
        raise NotFound("login_unknown", f"Nobody of this site is called {name!r}.")
    return found
