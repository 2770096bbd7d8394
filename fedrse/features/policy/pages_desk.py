"""What the pages of the policy share: who acts, what it costs, how a page is drawn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from fedrse.core.errors import FedrseError
from fedrse.core.ports import Protocol
from fedrse.features.policy.model import Rule
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_proposals import Proposal
from fedrse.features.policy.model_words import EFFECTS, FIELDS, STATES, TABS, TONES
from fedrse.features.policy.service import Border
from fedrse.features.policy.service_proposals import FAILED, Proposals
from fedrse.features.policy.service_rules import Made, Rules
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.rights import Right
from fedrse.http.routes import Auth, Handler, Route, Surface
from fedrse.store.database import Database, Transaction
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.console import Console
from fedrse.web.languages import translatable
from fedrse.web.viewers import Me

PATH: Final = f"{CONSOLE}/policy"
DRAFTS: Final = f"{PATH}/drafts"
REHEARSALS: Final = f"{PATH}/rehearsals"


class Cost(Protocol):
    """What rules would cost people of this site; made in ``app``."""

    @property
    def peers(self) -> tuple[str, ...]: ...

    @property
    def people(self) -> int: ...

    @property
    def following(self) -> int: ...

    @property
    def followers(self) -> int: ...

    @property
    def conversations(self) -> int: ...


class RestingSite(Protocol):
    """A denied site, follows with which rest until ``ends_at`` (milliseconds)."""

    @property
    def host(self) -> str: ...

    @property
    def ends_at(self) -> int: ...

    @property
    def has_ended(self) -> bool: ...


class Resting(Protocol):
    """Follows that rest; implemented by ``relationships.service_blocked_peers``."""

    async def note(self, tx: Transaction) -> object:
        """Notes what the rules deny now."""

    async def suspended(self, tx: Transaction) -> Sequence[RestingSite]:
        """Denied sites, by host."""


CostOf = Callable[[Transaction, Sequence[Rule]], Awaitable[Cost]]
Change = Callable[[Transaction, Author], Awaitable[Made]]


class Form(dict[str, str]):
    """What somebody typed; what a form does not have is empty."""

    def __missing__(self, name: str) -> str:
        return ""


class CostsPeople(Exception):
    """Somebody has to agree first; nothing was changed."""

    def __init__(self, cost: Cost) -> None:
        super().__init__()
        self.cost = cost
        self.key = key_of(cost)


def key_of(cost: Cost) -> str:
    """What somebody agrees to: these sites and no others."""
    return sha256("\n".join(cost.peers).encode()).hexdigest()[:16]


class Desk:
    """The parts that all pages of the policy use."""

    def __init__(
        self,
        *,
        database: Database,
        rules: Rules,
        proposals: Proposals,
        border: Border,
        cost_of: CostOf,
        resting: Resting,
        console: Console,
        me: Me,
    ) -> None:
        self.database = database
        self.rules = rules
        self.proposals = proposals
        self.border = border
        self.cost_of = cost_of
        self._resting = resting
        self._console = console
        self._me = me

    async def change(self, request: Request, work: Change) -> Made:
        """Changes rules, which are in force when this returns.

        Raises CostsPeople where people lose something and the form does not say that this is
        known, and whatever the work raises.
        """
        viewer, agreed = request.require_viewer(), request.text("agreed") or ""

        async def unit(tx: Transaction) -> Made:
            me = await self._me(tx, viewer)
            made = await work(tx, Author("person", str(viewer), me.handle))
            cost = await self.cost_of(tx, made.rules)
            if (cost.people or cost.conversations) and agreed != key_of(cost):
                raise CostsPeople(cost)
            return made

        made = await self.database.write(unit)
        await self.in_force()
        return made

    async def rehearse(self, request: Request, proposal: Proposal) -> Reply:
        """Notes a change that is rehearsed first, and leads to what becomes of it.

        Raises what making it would raise.
        """
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> int:
            me = await self._me(tx, viewer)
            author = Author("person", str(viewer), me.handle)
            return await self.proposals.propose(tx, proposal, author)

        return redirect(f"{REHEARSALS}/{await self.database.write(unit)}")

    async def rehearsed(self, request: Request) -> Proposal | None:
        """The change that ``rehearsal`` names, None where none is named. Raises NotFound."""
        text = request.text("rehearsal") or ""
        if not text.isdecimal() or len(text) > 18:
            return None
        return (await self.database.read(self.proposals.by_id, int(text))).proposal

    async def in_force(self) -> None:
        """What was written holds when this returns; follows begin to rest, or go on."""
        await self.border.load(self.database)
        await self.database.write(self._resting.note)

    async def resting(self) -> list[RestingSite]:
        """Sites with which follows rest, those first that end soonest."""
        found = await self.database.read(self._resting.suspended)
        return sorted((one for one in found if not one.has_ended), key=lambda one: one.ends_at)

    async def draw(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        form: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Reply:
        """A page of the policy."""
        me = await self.database.read(self._me, request.require_viewer())
        return self._console.render(
            request,
            f"policy/{template}",
            viewer=me,
            status=status,
            tabs=TABS,
            effects=EFFECTS,
            states=STATES,
            tones=TONES,
            fields=FIELDS,
            **values,
            form=Form(form or {}),
        )


def route(method: str, path: str, handler: Handler) -> Route:
    """A page for those who may make rules."""
    right = Right.MANAGE_FEDERATION
    return Route(method, path, handler, Surface.PAGE, Auth.USER, right=right)


def sentence(error: FedrseError) -> str:
    """What a page says about a refusal; marked for translation."""
    return SENTENCES.get(error.code, error.message)


SENTENCES: Final = {
    "policy_rule_exists": translatable("There is a rule already that says the same."),
    "policy_version": translatable(
        "Somebody changed the rules meanwhile. Look at them again before you save."
    ),
    "policy_changed_since": translatable(
        "A rule of this version was changed again since: take the later version back first."
    ),
    "policy_rule_of_list": translatable("This rule comes from a list: make an exception there."),
    "policy_rule_missing": translatable("A rule that this is about is gone."),
    "policy_too_many": translatable("A site has at most 200,000 rules."),
    "policy_nothing_changes": translatable("This would change nothing."),
    "policy_nothing_ticked": translatable("Nothing is ticked."),
    "policy_not_rehearsed": translatable("The rehearsal is not over yet."),
    FAILED: translatable("The rehearsal failed. The log of the site says why."),
    "policy_list_exists": translatable("This list is followed already."),
    "policy_list_numbers": translatable("The share is 0 to 100, the threshold 1 to 50."),
    "policy_list_exception": translatable("One of the exceptions is not a site."),
}
