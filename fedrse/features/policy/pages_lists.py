"""Pages of the console: lists of other places, and all rules as a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from fedrse.core.errors import Conflict, FedrseError, Invalid
from fedrse.features.policy.model import OWN, Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_fields import BadRules
from fedrse.features.policy.model_files import read_rules_file, write_toml
from fedrse.features.policy.model_lists import read_list, rules_of
from fedrse.features.policy.model_proposals import Kind, Proposal
from fedrse.features.policy.model_reasons import about_failure, said
from fedrse.features.policy.model_subscriptions import USUAL_MOST, denials
from fedrse.features.policy.pages_desk import PATH, CostsPeople, Desk, route, sentence
from fedrse.features.policy.service_rules import Made
from fedrse.features.policy.service_subscriptions import Subscriptions, Wish
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.viewers import Me

LISTS: Final = f"{PATH}/lists"
FILE: Final = f"{PATH}/file"
MOST_EDITED: Final = 500
"""Rules that are offered as text; the command line takes more."""


class ListPages:
    """``/admin/policy/lists``."""

    def __init__(self, desk: Desk, subscriptions: Subscriptions, me: Me) -> None:
        self._desk = desk
        self._subscriptions = subscriptions
        self._me = me

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            route("GET", LISTS, self.listing),
            route("POST", LISTS, self.subscribe),
            route("POST", f"{LISTS}/{{id}}/refresh", self.refresh),
            route("POST", f"{LISTS}/{{id}}/agree", self.agree),
            route("POST", f"{LISTS}/{{id}}/remove", self.remove),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/policy/lists``."""
        return await self._draw(request, {"state": "draft", "most": str(USUAL_MOST)})

    async def subscribe(self, request: Request) -> Reply:
        """``POST /admin/policy/lists``: follows a list and fetches it."""
        names = ("url", "state", "exceptions", "most", "threshold")
        form = {name: request.text(name) or "" for name in names}
        viewer = request.require_viewer()

        async def unit(tx: Transaction) -> int:
            me = await self._me(tx, viewer)
            author = Author("person", str(viewer), me.handle)
            return (await self._subscriptions.subscribe(tx, _wish(form), author)).id

        try:
            number = await self._desk.database.write(unit)
        except (Invalid, Conflict) as error:
            return await self._draw(request, form, refused=error)
        return await self._fetched(number)

    async def refresh(self, request: Request) -> Reply:
        """``POST /admin/policy/lists/{id}/refresh``: fetches it now. Raises NotFound."""
        return await self._fetched(request.path_id())

    async def agree(self, request: Request) -> Reply:
        """``POST /admin/policy/lists/{id}/agree``: applies what waits. Raises NotFound."""
        return await self._fetched(request.path_id(), agreed=True)

    async def remove(self, request: Request) -> Reply:
        """``POST /admin/policy/lists/{id}/remove``. Raises NotFound."""
        viewer, number = request.require_viewer(), request.path_id()

        async def unit(tx: Transaction) -> None:
            me = await self._me(tx, viewer)
            author = Author("person", str(viewer), me.handle)
            await self._subscriptions.unsubscribe(tx, number, author)

        await self._desk.database.write(unit)
        await self._desk.in_force()
        return redirect(LISTS)

    async def _fetched(self, number: int, *, agreed: bool = False) -> Reply:
        await self._subscriptions.refresh(number, agreed=agreed)
        await self._desk.in_force()
        return redirect(LISTS)

    async def _draw(
        self, request: Request, form: Mapping[str, str], *, refused: FedrseError | None = None
    ) -> Reply:
        return await self._desk.draw(
            request,
            "lists.html",
            status=200 if refused is None else 422,
            lists=await self._desk.database.read(self._subscriptions.all),
            denials=denials,
            said=said,
            about_failure=about_failure,
            drafts=Counter(
                rule.source
                for rule in self._desk.border.policy.rules
                if rule.state is not State.ACTIVE
            ),
            form=form,
            refused="" if refused is None else sentence(refused),
        )


def _wish(form: Mapping[str, str]) -> Wish:
    """Raises Invalid."""
    numbers = {name: form[name] or usual for name, usual in (("most", "5"), ("threshold", "1"))}
    if not all(text.isdigit() and len(text) < 4 for text in numbers.values()):
        raise Invalid("policy_list_numbers", "The share is 0 to 100, the threshold 1 to 50.")
    exceptions = form["exceptions"].replace(",", "\n").split("\n")
    return Wish(
        form["url"].strip(),
        State(form["state"]) if form["state"] in set(State) else State.DRAFT,
        tuple(one.strip() for one in exceptions if one.strip()),
        int(numbers["most"]),
        int(numbers["threshold"]),
    )


class FilePages:
    """``/admin/policy/file``: local rules as text to be changed, and lists to be taken in."""

    def __init__(self, desk: Desk, own: str) -> None:
        """``own`` is the peer that this site is."""
        self._desk = desk
        self._own = own

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            route("GET", FILE, self.show),
            route("POST", FILE, self.apply),
            route("POST", f"{FILE}/list", self.take_list),
        ]

    async def show(self, request: Request) -> Reply:
        """``GET /admin/policy/file``."""
        policy = self._desk.border.policy
        local = [rule for rule in policy.rules if rule.source in OWN]
        form = {"version": str(policy.version), "state": "draft"}
        proposal = await self._desk.rehearsed(request)
        if proposal is not None and proposal.kind is Kind.APPLY:
            local = list(proposal.rules)
            form["because"] = proposal.reason
        if len(local) <= MOST_EDITED:
            form["text"] = write_toml(sorted(local, key=_number))
        return await self._draw(request, form, too_many="text" not in form)

    async def apply(self, request: Request) -> Reply:
        """``POST /admin/policy/file``: the local rules are those of the text, or none."""
        form = _typed(request, "text", "version", "because")

        async def work(tx: Transaction, author: Author) -> Made:
            wanted = read_rules_file(form["text"].encode("utf-8", "replace"), self._own)
            expected = int(form["version"]) if form["version"].isdecimal() else None
            reason = form["because"]
            return await self._desk.rules.apply(tx, wanted, author, reason, expected=expected)

        if request.text("rehearse"):
            return await self._rehearse(request, form, self._applied)
        return await self._try(request, form, work)

    async def take_list(self, request: Request) -> Reply:
        """``POST /admin/policy/file/list``: adds rules for the hosts of a list."""
        form = _typed(request, "list", "state")

        async def work(tx: Transaction, author: Author) -> Made:
            state = State(form["state"]) if form["state"] in set(State) else State.DRAFT
            new = self._listed(form, state)
            return await self._desk.rules.add(tx, new, author, skip_known=True)

        if request.text("rehearse"):
            return await self._rehearse(request, form, self._taken_in)
        return await self._try(request, form, work)

    def _listed(self, form: Mapping[str, str], state: State) -> list[Rule]:
        """Raises BadRules."""
        listed = read_list(form["list"].encode("utf-8", "replace"), own=self._own)
        return rules_of(listed.entries, state)

    def _applied(self, form: Mapping[str, str]) -> Proposal:
        """Raises BadRules, and Conflict where the rules are no more those that were shown."""
        wanted = read_rules_file(form["text"].encode("utf-8", "replace"), self._own)
        if form["version"] != str(self._desk.border.policy.version):
            raise Conflict("policy_version", "The rules were changed meanwhile.")
        return Proposal(Kind.APPLY, rules=tuple(wanted), reason=form["because"])

    def _taken_in(self, form: Mapping[str, str]) -> Proposal:
        """Raises BadRules."""
        return Proposal(Kind.IMPORT, rules=tuple(self._listed(form, State.ACTIVE)))

    async def _rehearse(
        self,
        request: Request,
        form: dict[str, str],
        read: Callable[[Mapping[str, str]], Proposal],
    ) -> Reply:
        """Rehearses what was typed, or draws the form again with what is against it."""
        try:
            return await self._desk.rehearse(request, read(form))
        except BadRules as error:
            return await self._draw(request, form, wrong=error)
        except (Conflict, Invalid) as error:
            return await self._draw(request, form, refused=error)

    async def _try(self, request: Request, form: dict[str, str], work: object) -> Reply:
        try:
            await self._desk.change(request, work)  # type: ignore[arg-type]
        except CostsPeople as asked:
            return await self._draw(request, form, asked=asked)
        except BadRules as error:
            return await self._draw(request, form, wrong=error)
        except (Conflict, Invalid) as error:
            return await self._draw(request, form, refused=error)
        return redirect(PATH)

    async def _draw(
        self,
        request: Request,
        form: Mapping[str, str],
        *,
        asked: CostsPeople | None = None,
        wrong: BadRules | None = None,
        refused: FedrseError | None = None,
        too_many: bool = False,
    ) -> Reply:
        return await self._desk.draw(
            request,
            "file.html",
            status=422 if wrong or refused else 200,
            form=form,
            asked=asked,
            problems=() if wrong is None else wrong.problems[:50],
            refused="" if refused is None else sentence(refused),
            too_many=too_many,
        )


def _number(rule: Rule) -> int:
    """Of a rule; those without one yet come last."""
    return rule.id or 1 << 62


def _typed(request: Request, *names: str) -> dict[str, str]:
    return {name: (request.text(name) or "").replace("\r\n", "\n") for name in names}
