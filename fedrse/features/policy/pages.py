"""Pages of the console: the rules, one rule, and the versions there were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from fedrse.core.errors import Conflict, FedrseError, Invalid, NotFound
from fedrse.features.policy.model import OWN, Rule, State
from fedrse.features.policy.model_changes import Author
from fedrse.features.policy.model_fields import FUNCTIONS, ROLES, Said, read_rule
from fedrse.features.policy.model_files import fields_of
from fedrse.features.policy.model_proposals import Kind, Proposal
from fedrse.features.policy.model_words import DIRECTIONS, FUNCTION_WORDS
from fedrse.features.policy.pages_desk import PATH, CostsPeople, Desk, route, sentence
from fedrse.features.policy.service_rules import Made
from fedrse.http.reply import Reply, redirect
from fedrse.http.request import Request
from fedrse.http.routes import Route
from fedrse.store.database import Transaction

AT_ONCE: Final = 50
LISTS: Final = (
    *("hosts", "networks", "software", "actors", "types", "languages"),
    *("tags", "attachments", "audiences"),
)
TEXTS: Final = (
    *("effect", "state", "direction", "reason", "private_reason"),
    *("starts", "ends", "review", "delay", "cap", "period"),
)


class RulePages:
    """``/admin/policy`` and below."""

    def __init__(self, desk: Desk, own: str) -> None:
        """``own`` is the peer that this site is."""
        self._desk = desk
        self._own = own

    def routes(self) -> list[Route]:
        """The addresses of these pages."""
        return [
            route("GET", PATH, self.listing),
            route("GET", f"{PATH}/new", self.new),
            route("POST", f"{PATH}/new", self.add),
            route("GET", f"{PATH}/rules/{{id}}", self.show),
            route("POST", f"{PATH}/rules/{{id}}", self.edit),
            route("POST", f"{PATH}/rules/{{id}}/remove", self.remove),
            route("GET", f"{PATH}/versions", self.versions),
            route("GET", f"{PATH}/versions/{{id}}", self.version),
            route("POST", f"{PATH}/versions/{{id}}/undo", self.undo),
        ]

    async def listing(self, request: Request) -> Reply:
        """``GET /admin/policy``: rules, the newest first; ``q`` and ``state`` narrow them."""
        words, state = (request.text("q") or "").strip().lower(), request.text("state") or ""
        before = request.text("before") or ""
        last = int(before) if before.lstrip("-").isdigit() and len(before) < 19 else 1 << 62
        found = [
            rule
            for rule in sorted(self._desk.border.policy.rules, key=lambda rule: -rule.id)
            if rule.id < last
            and (not state or rule.state == state)
            and (not words or has_words(rule, words))
        ]
        shown = found[:AT_ONCE]
        older = ""
        if len(found) > AT_ONCE:
            older = f"{PATH}?q={_quoted(words)}&state={_quoted(state)}&before={shown[-1].id}"
        return await self._desk.draw(
            request,
            "rules.html",
            rules=shown,
            words=words,
            state=state,
            total=len(self._desk.border.policy.rules),
            closed=self._desk.border.policy.defaults.closed,
            older=older,
            resting=(await self._desk.resting())[:AT_ONCE],
        )

    async def new(self, request: Request) -> Reply:
        """``GET /admin/policy/new``: an empty form; ``host`` fills in a site.

        ``rehearsal`` fills in what was rehearsed.
        """
        form = {"effect": "deny", "state": "active", "hosts": request.text("host") or ""}
        return await self._form(request, await self._rehearsed(request) or form)

    async def add(self, request: Request) -> Reply:
        """``POST /admin/policy/new``."""
        form = form_of(request)
        rule, wrong = read_rule(fields_of_form(form), self._own)

        async def work(tx: Transaction, author: Author) -> Made:
            return await self._desk.rules.add(tx, [rule], author, rule.private_reason)

        if wrong:
            return await self._form(request, form, wrong=wrong)
        if request.text("rehearse"):
            return await self._rehearse(request, form, Proposal(Kind.ADD, rules=(in_force(rule),)))
        return await self._try(request, form, work)

    async def show(self, request: Request) -> Reply:
        """``GET /admin/policy/rules/{id}``: a rule to be changed. Raises NotFound."""
        rule = self._rule(request)
        form = await self._rehearsed(request) or form_of_rule(rule)
        return await self._form(request, form, rule=rule)

    async def edit(self, request: Request) -> Reply:
        """``POST /admin/policy/rules/{id}``. Raises NotFound."""
        before, form = self._rule(request), form_of(request)
        rule, wrong = read_rule({**fields_of_form(form), "id": before.id}, self._own)

        async def work(tx: Transaction, author: Author) -> Made:
            return await self._desk.rules.edit(tx, rule, author, form.get("because", ""))

        if wrong:
            return await self._form(request, form, rule=before, wrong=wrong)
        if request.text("rehearse"):
            proposal = Proposal(Kind.EDIT, rules=(in_force(rule),), reason=form.get("because", ""))
            return await self._rehearse(request, form, proposal, rule=before)
        return await self._try(request, form, work, rule=before)

    async def remove(self, request: Request) -> Reply:
        """``POST /admin/policy/rules/{id}/remove``. Raises NotFound, Conflict."""
        rule = self._rule(request)

        async def work(tx: Transaction, author: Author) -> Made:
            return await self._desk.rules.remove(tx, [rule.id], author)

        if request.text("rehearse"):
            proposal = Proposal(Kind.REMOVE, ids=(rule.id,))
            return await self._rehearse(request, form_of_rule(rule), proposal, rule=rule)
        return await self._try(request, form_of_rule(rule), work, rule=rule)

    async def _rehearse(
        self,
        request: Request,
        form: Mapping[str, str],
        proposal: Proposal,
        *,
        rule: Rule | None = None,
    ) -> Reply:
        """Rehearses a change, or draws the form again with what is against it."""
        try:
            return await self._desk.rehearse(request, proposal)
        except (Conflict, Invalid) as error:
            return await self._form(request, form, rule=rule, refused=error)

    async def _rehearsed(self, request: Request) -> dict[str, str] | None:
        """The form of a rule that was rehearsed, to be changed; None where none is named."""
        proposal = await self._desk.rehearsed(request)
        if proposal is None or proposal.kind not in {Kind.ADD, Kind.EDIT}:
            return None
        return {**form_of_rule(proposal.rules[0]), "because": proposal.reason}

    async def _try(
        self, request: Request, form: Mapping[str, str], work: Any, *, rule: Rule | None = None
    ) -> Reply:
        """Makes a change, or draws the form again with what is against it."""
        try:
            await self._desk.change(request, work)
        except CostsPeople as asked:
            return await self._form(request, form, rule=rule, asked=asked)
        except (Conflict, Invalid) as error:
            return await self._form(request, form, rule=rule, refused=error)
        return redirect(PATH)

    def _rule(self, request: Request) -> Rule:
        text = request.values["id"]
        number = int(text) if text.lstrip("-").isdigit() and len(text) < 19 else 0
        rule = self._desk.border.policy.rule(number)
        if rule is None:
            raise NotFound
        return rule

    async def _form(
        self,
        request: Request,
        form: Mapping[str, str],
        *,
        rule: Rule | None = None,
        wrong: list[tuple[str, Said]] | None = None,
        asked: CostsPeople | None = None,
        refused: FedrseError | None = None,
    ) -> Reply:
        return await self._desk.draw(
            request,
            "rule.html",
            status=422 if wrong or refused else 200,
            form=form,
            rule=rule,
            wrong=dict(reversed(wrong or [])),
            asked=asked,
            refused="" if refused is None else sentence(refused),
            fixed=rule is not None and rule.source not in OWN,
            roles=ROLES,
            functions=FUNCTION_WORDS,
            directions=DIRECTIONS,
        )

    # Versions

    async def versions(self, request: Request) -> Reply:
        """``GET /admin/policy/versions``, the newest first."""
        before = request.text("before") or ""
        last = int(before) if before.isdigit() and len(before) < 19 else 1 << 62

        async def unit(tx: Transaction) -> Any:
            return await self._desk.rules.versions(tx, before=last, limit=AT_ONCE + 1)

        found = await self._desk.database.read(unit)
        shown = found[:AT_ONCE]
        older = f"{PATH}/versions?before={shown[-1].id}" if len(found) > AT_ONCE else ""
        return await self._desk.draw(request, "versions.html", versions=shown, older=older)

    async def version(self, request: Request) -> Reply:
        """``GET /admin/policy/versions/{id}``: what it changed. Raises NotFound."""
        return await self._version(request)

    async def undo(self, request: Request) -> Reply:
        """``POST /admin/policy/versions/{id}/undo``. Raises NotFound."""
        number = request.path_id()

        async def work(tx: Transaction, author: Author) -> Made:
            return await self._desk.rules.undo(tx, number, author)

        try:
            await self._desk.change(request, work)
        except CostsPeople as asked:
            return await self._version(request, asked=asked)
        except Conflict as error:
            return await self._version(request, refused=error)
        return redirect(f"{PATH}/versions")

    async def _version(
        self,
        request: Request,
        *,
        asked: CostsPeople | None = None,
        refused: FedrseError | None = None,
    ) -> Reply:
        heading, changes = await self._desk.database.read(
            self._desk.rules.version, request.path_id()
        )
        return await self._desk.draw(
            request,
            "version.html",
            status=200 if refused is None else 409,
            heading=heading,
            changes=changes[:AT_ONCE],
            more=max(0, len(changes) - AT_ONCE),
            asked=asked,
            refused="" if refused is None else sentence(refused),
        )


def has_words(rule: Rule, words: str) -> bool:
    """Whether part of what a rule is about, or of its reason, reads so; in lower case."""
    values = (*rule.match.hosts, *rule.match.actors, *rule.match.tags, *rule.match.types)
    return any(words in value.lower() for value in values) or words in rule.reason.lower()


def _quoted(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-." else "" for letter in text)


def form_of(request: Request) -> dict[str, str]:
    """What somebody typed, as it is."""
    form = {
        name: (request.text(name) or "").replace("\r\n", "\n")
        for name in (*LISTS, *TEXTS, "because")
    }
    marks = [f"role_{name}" for name in ROLES] + [f"function_{name}" for name in FUNCTIONS]
    return form | {name: "1" for name in (*marks, "obfuscate") if request.text(name)}


def fields_of_form(form: Mapping[str, str]) -> dict[str, Any]:
    """What ``read_rule`` reads: nothing of what was left empty."""
    found: dict[str, Any] = {
        name: form[name].strip() for name in TEXTS if form.get(name, "").strip()
    }
    for name in LISTS:
        values = form.get(name, "").replace(",", "\n").split("\n")
        if values := [value.strip() for value in values if value.strip()]:
            found[name] = values
    if roles := [name for name in ROLES if form.get(f"role_{name}")]:
        found["roles"] = roles
    if functions := [name for name in FUNCTIONS if form.get(f"function_{name}")]:
        found["functions"] = functions
    if "cap" in found and found["cap"].isdecimal() and len(found["cap"]) < 10:
        found["cap"] = int(found["cap"])
    if form.get("obfuscate"):
        found["obfuscate"] = True
    return found


def in_force(rule: Rule) -> Rule:
    """A rule as it is rehearsed and then made: drafts would do nothing."""
    return replace(rule, state=State.ACTIVE)


def form_of_rule(rule: Rule) -> dict[str, str]:
    """The form that says what a rule says."""
    fields = fields_of(rule)
    form: dict[str, str] = {name: "\n".join(fields[name]) for name in LISTS if name in fields}
    form.update((name, str(fields[name])) for name in TEXTS if name in fields)
    form |= {f"role_{name}": "1" for name in rule.match.roles}
    for name in ("starts", "ends", "review"):
        if name in form:
            form[name] = form[name].removesuffix("T00:00:00Z")
    return form | ({"obfuscate": "1"} if rule.obfuscate else {})
