"""Wires the pages of the console about rules, lists and quarantine."""

from __future__ import annotations

from collections.abc import Sequence

from fedrse.activitypub.quarantine import Quarantine
from fedrse.app.ground import Ground
from fedrse.app.policy import make_costs, make_rules, make_subscriptions
from fedrse.app.protocol import Protocol
from fedrse.app.quarantine import decide
from fedrse.app.rehearsal import make_proposals
from fedrse.app.services import Services, blocked_peers
from fedrse.features.audit.model import person
from fedrse.features.audit.model_acts import Act
from fedrse.features.policy.pages import RulePages
from fedrse.features.policy.pages_desk import Desk
from fedrse.features.policy.pages_drafts import DraftPages
from fedrse.features.policy.pages_lists import FilePages, ListPages
from fedrse.features.policy.pages_quarantine import Decide, QuarantinePages
from fedrse.features.policy.pages_rehearsals import RehearsalPages
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.console import Console
from fedrse.web.viewers import Me


def routes(
    ground: Ground, protocol: Protocol, services: Services, console: Console, me: Me
) -> list[Route]:
    """Pages of the console about rules."""
    desk = Desk(
        database=ground.database,
        rules=make_rules(ground),
        proposals=make_proposals(ground),
        border=protocol.border,
        cost_of=make_costs(ground, protocol, services).of,
        resting=blocked_peers(ground, protocol, services),
        console=console,
        me=me,
    )
    own = protocol.border.policy.defaults.own
    return [
        *RulePages(desk, own).routes(),
        *ListPages(desk, make_subscriptions(ground, protocol), me).routes(),
        *FilePages(desk, own).routes(),
        *DraftPages(desk).routes(),
        *RehearsalPages(desk).routes(),
        *_quarantine_pages(ground, console, me).routes(),
    ]


def _quarantine_pages(ground: Ground, console: Console, me: Me) -> QuarantinePages:
    place = Quarantine(clock=ground.clock, ids=ground.ids)

    def deciding(act: Act) -> Decide:
        async def work(tx: Transaction, viewer: int, ids: Sequence[int]) -> int:
            return await decide(tx, ids, act, place=place, log=ground.audit, actor=person(viewer))

        return work

    return QuarantinePages(
        database=ground.database,
        quarantine=place,
        release=deciding(Act.QUARANTINE_RELEASED),
        drop=deciding(Act.QUARANTINE_DROPPED),
        console=console,
        me=me,
    )
