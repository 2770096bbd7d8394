"""Wires posts by mail; loaded only where the settings switch it on."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.operator import operator
from fedrse.app.secret_file import read_secret
from fedrse.app.services import Services
from fedrse.app.whole import open_whole
from fedrse.core.settings import Settings
from fedrse.core.settings_mail import MailSubscriptions
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.mail.api import SubscriptionsApi
from fedrse.features.mail.jobs import MailJobs
from fedrse.features.mail.model import checked_address
from fedrse.features.mail.pages import MailSettingsPage
from fedrse.features.mail.pages_links import LinkPages
from fedrse.features.mail.service import Subscriptions
from fedrse.features.mail.service_batches import Batches
from fedrse.http.routes import Route
from fedrse.net.mail import Mailer
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer


def make_subscriptions(ground: Ground, services: Services) -> Subscriptions:
    """The service."""
    settings = ground.settings
    return Subscriptions(
        clock=ground.clock,
        ids=ground.ids,
        queue=ground.queue,
        accounts=services.accounts,
        logins=services.access.logins,
        secret=read_secret(ground.folder / settings.storage.secret_file),
        origin=settings.origin,
        everybody=settings.mail.subscriptions is MailSubscriptions.EVERYBODY,
        limited=settings.limits.enabled,
    )


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """The addresses for visitors, apps and authors; jobs that belong to it are registered, too."""
    settings, database = ground.settings, ground.database
    subscriptions = make_subscriptions(ground, services)
    MailJobs(
        database=database,
        subscriptions=subscriptions,
        batches=Batches(
            clock=ground.clock,
            queue=ground.queue,
            posts=services.posts,
            subscriptions=subscriptions,
        ),
        renderer=renderer,
        mailer=Mailer(settings.mail, name=settings.site.name, domain=settings.handle_domain),
        domain=settings.handle_domain,
    ).register(ground.runner)
    own = MailSettingsPage(
        database=database,
        accounts=services.accounts,
        subscriptions=subscriptions,
        renderer=renderer,
        me=me_of(services, renderer),
        origin=settings.origin,
    )
    links = LinkPages(database=database, subscriptions=subscriptions, renderer=renderer)
    api = SubscriptionsApi(database=database, subscriptions=subscriptions)
    return [*own.routes(), *links.routes(), *api.routes()]


async def forget(settings: Settings, address: str, reason: str = "") -> int:
    """For the operator: an address gets no posts any more; how many subscriptions it had.

    The log says that it was done, not to whom. Raises Invalid for what is no address.
    """
    email = checked_address(address)
    async with open_whole(settings) as whole:
        subscriptions = make_subscriptions(whole.ground, whole.services)

        async def unit(tx: Transaction) -> int:
            count = await subscriptions.forget_address(tx, email)
            await whole.ground.audit.record(
                tx,
                Act.MAIL_ADDRESS_FORGOTTEN,
                operator(),
                Target("mail", ""),
                after={"subscriptions": count},
                reason=reason,
            )
            return count

        return await whole.ground.database.write(unit)
