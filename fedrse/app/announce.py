"""Announcements from the command line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict

from fedrse.activitypub.local_ids import LocalIds
from fedrse.app.context import COMMAND_NODE, access_services, ready_database
from fedrse.app.operator import commands_log, operator
from fedrse.core.clock import Clock, SystemClock, from_iso, to_iso_seconds
from fedrse.core.errors import Invalid, NotFound
from fedrse.core.ids import IdMaker
from fedrse.core.settings import Settings
from fedrse.features.announcements.model import Announcement
from fedrse.features.announcements.service import Announcements
from fedrse.features.announcements.service_readers import Readers
from fedrse.features.audit.model import Target
from fedrse.features.audit.model_acts import Act
from fedrse.features.network.service import Network
from fedrse.features.profiles.service_units import Units
from fedrse.store.database import Transaction
from fedrse.store.events import Events

Facts = dict[str, object]


def _service(settings: Settings, clock: Clock, readers: Readers | None = None) -> Announcements:
    ids = IdMaker(clock, COMMAND_NODE)
    return Announcements(
        clock=clock, ids=ids, events=Events(), origin=settings.origin, readers=readers
    )


def _members(settings: Settings, hosts: Sequence[str] | None) -> list[str]:
    """The sites that are meant. Raises Invalid for what is not in the network."""
    network = Network(settings=settings, local_ids=LocalIds(settings.origin))
    known = network.member_hosts()
    named = sorted(known) if hosts is None else [host.strip().lower() for host in hosts]
    if strange := [host for host in named if host not in known]:
        others = ", ".join(sorted(known)) or "no other site"
        told = f"Not in the network: {', '.join(strange)}. The network has {others}."
        raise Invalid("site_unknown", told)
    return named


def _moment(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        return from_iso(text)
    except ValueError as error:
        raise Invalid(
            "date_invalid", f"{name} has to be a date like 2026-11-30 or 2026-11-30T09:00"
        ) from error


async def create(
    settings: Settings,
    text: str,
    *,
    starts: str | None,
    ends: str | None,
    all_day: bool,
    must_read: bool = False,
    hosts: Sequence[str] | None = (),
    here: bool = True,
    units: Sequence[str] = (),
) -> Facts:
    """Announces something, also on the sites ``hosts`` of the network, None: on all of them.

    ``units``: to their people only; without ``here`` to nobody of this site. Another site hears
    of it as soon as this one runs. Raises Invalid.
    """
    named = _members(settings, hosts)
    starts_at, ends_at = _moment(starts, "--starts"), _moment(ends, "--ends")
    service = _service(settings, SystemClock())

    async def unit(tx: Transaction) -> Announcement:
        made = await service.create(
            tx,
            text,
            starts_at=starts_at,
            ends_at=ends_at,
            all_day=all_day,
            must_read=must_read,
            hosts=named,
            here=here,
            units=units,
        )
        target = Target("announcement", str(made.id))
        await commands_log().record(
            tx, Act.ANNOUNCEMENT_CREATED, operator(), target, after=made.facts
        )
        return made

    async with ready_database(settings) as database:
        return _facts(await database.write(unit))


async def list_all(settings: Settings) -> list[Facts]:
    """All announcements, oldest first, with how many people they reached."""
    clock = SystemClock()
    logins = access_services(settings, clock=clock, ids=IdMaker(clock, COMMAND_NODE)).logins
    service = _service(settings, clock, Readers(units=Units(), people=logins.active_times))

    async def unit(tx: Transaction) -> list[Facts]:
        found = await service.all(tx)
        totals = await service.totals(tx, found)
        return [_facts(one) | asdict(totals[one.id]) for one in found]

    async with ready_database(settings) as database:
        return await database.read(unit)


async def delete(settings: Settings, announcement_id: int) -> None:
    """Takes one back. Raises NotFound."""
    service = _service(settings, SystemClock())

    async def unit(tx: Transaction) -> None:
        await service.delete(tx, announcement_id)
        target = Target("announcement", str(announcement_id))
        await commands_log().record(tx, Act.ANNOUNCEMENT_REMOVED, operator(), target)

    async with ready_database(settings) as database:
        try:
            await database.write(unit)
        except NotFound as error:
            told = f"There is no announcement with the number {announcement_id}."
            raise NotFound("announcement_unknown", told) from error


def _facts(one: Announcement) -> Facts:
    def shown(moment: int | None) -> str | None:
        return None if moment is None else to_iso_seconds(moment)

    return {
        "id": str(one.id),
        "text": one.text,
        "published": shown(one.published_at),
        "starts": shown(one.starts_at),
        "ends": shown(one.ends_at),
        "all_day": one.all_day,
        "must_read": one.must_read,
        "sites": list(one.targets),
        "here": one.here,
        "units": one.for_units,
    }
