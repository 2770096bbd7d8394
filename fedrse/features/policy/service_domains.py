"""Domain blocks and allows of the admin API: read from the policy in memory, written as rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, TypeVar

from fedrse.core.clock import Clock
from fedrse.core.errors import Conflict, Invalid, NotFound
from fedrse.core.paging import Page
from fedrse.core.text import clean_text
from fedrse.core.urls import BadUrl, normalise_peer
from fedrse.features.policy.model import ADMIN_API, Rule
from fedrse.features.policy.model_changes import Author, Change
from fedrse.features.policy.model_decide import Policy
from fedrse.features.policy.model_domains import (
    Attribution,
    DomainAllow,
    DomainBlock,
    allows_of,
    block_of,
    blocks_of,
    changes_of_allow,
    changes_of_block,
    number_of,
)
from fedrse.features.policy.model_fields import LONGEST_REASON
from fedrse.features.policy.service import MANY, Border
from fedrse.features.policy.service_rules import Rules
from fedrse.store.database import Transaction

T = TypeVar("T", DomainBlock, DomainAllow)
_INVALID: Final = "Validation failed: Domain is not a valid domain name"


class BlockExists(Invalid):
    """There is a block about the domain already: ``existing``."""

    def __init__(self, existing: DomainBlock) -> None:
        super().__init__("domain_block_exists", "Validation failed: Domain is blocked already")
        self.existing = existing


class _Remembered:
    """What was made of a version of the policy, as long as it is in force."""

    def __init__(self, border: Border, make: Callable[[Policy], Any]) -> None:
        self._border = border
        self._make = make
        self._policy: Policy | None = None
        self._made: Any = None

    async def get(self) -> Any:
        policy = self._border.policy
        if policy is not self._policy:
            if len(policy.rules) > MANY:
                made = await asyncio.to_thread(self._make, policy)
            else:
                made = self._make(policy)
            self._policy, self._made = policy, made
        return self._made


class Domains:
    """Reads from memory; writes versions of the rules, which ``Rules`` notes in the log."""

    def __init__(self, *, clock: Clock, rules: Rules, border: Border) -> None:
        self._clock = clock
        self._rules = rules
        self._border = border
        self._blocks = _Remembered(border, lambda policy: blocks_of(policy.rules))
        self._allows = _Remembered(
            border, lambda policy: allows_of(policy.rules, policy.defaults.allowed)
        )

    # Reading

    async def blocks(self, page: Page) -> list[DomainBlock]:
        """A page of the blocks, by id."""
        return cut(list((await self._blocks.get()).values()), page)

    async def allows(self, page: Page) -> list[DomainAllow]:
        """A page of the allows, by id."""
        return cut(list((await self._allows.get()).values()), page)

    async def block(self, key: int) -> DomainBlock:
        """One block. Raises NotFound."""
        found: DomainBlock | None = (await self._blocks.get()).get(key)
        if found is None:
            raise NotFound
        return found

    async def allow(self, key: int) -> DomainAllow:
        """One allow. Raises NotFound."""
        found: DomainAllow | None = (await self._allows.get()).get(key)
        if found is None:
            raise NotFound
        return found

    # Writing; what is written is in force once ``Border.load`` was called.

    async def add_block(self, tx: Transaction, author: Author, wanted: DomainBlock) -> DomainBlock:
        """Makes a block. Raises BlockExists, Invalid."""
        wanted = self._checked(wanted)

        def plan(existing: Sequence[Rule], next_id: int) -> list[Change]:
            known = block_of([*self._of_settings(), *existing], wanted.domain)
            if known is not None:
                raise BlockExists(known)
            return changes_of_block(
                existing, wanted.domain, wanted, self._by(author), next_id=next_id
            )

        reason = wanted.private_comment
        made = await self._rules.revise(tx, plan, author, reason, source=ADMIN_API)
        return block_of(made.rules, wanted.domain) or wanted

    async def change_block(
        self,
        tx: Transaction,
        author: Author,
        domain: str,
        change: Callable[[DomainBlock], DomainBlock],
    ) -> DomainBlock:
        """Makes a block say something else. Raises NotFound, Conflict, Invalid."""
        self._check_settings(domain)
        said: list[DomainBlock] = []

        def plan(existing: Sequence[Rule], next_id: int) -> list[Change]:
            wanted = self._checked(change(_known(existing, domain)))
            said.append(wanted)
            return changes_of_block(existing, domain, wanted, self._by(author), next_id=next_id)

        made = await self._rules.revise(tx, plan, author, source=ADMIN_API)
        return block_of(made.rules, domain) or said[-1]

    async def remove_block(self, tx: Transaction, author: Author, domain: str) -> None:
        """Takes a block back. Raises NotFound, Conflict for one of the settings or a list."""
        self._check_settings(domain)

        def plan(existing: Sequence[Rule], next_id: int) -> list[Change]:
            _known(existing, domain)
            return changes_of_block(existing, domain, None, self._by(author), next_id=next_id)

        await self._rules.revise(tx, plan, author, source=ADMIN_API)

    async def add_allow(self, tx: Transaction, author: Author, domain: str) -> int:
        """Allows a host, unless it is allowed already; returns the id. Raises Invalid."""
        name = self._domain(domain)
        if name not in self._border.policy.defaults.allowed:
            await self._set_allow(tx, author, name, allowed=True)
        return number_of(name)

    async def remove_allow(self, tx: Transaction, author: Author, domain: str) -> None:
        """Allows a host no more. Raises Conflict for one of the settings or a list."""
        if domain in self._border.policy.defaults.allowed:
            raise _fixed()
        await self._set_allow(tx, author, domain, allowed=False)

    async def _set_allow(
        self, tx: Transaction, author: Author, domain: str, *, allowed: bool
    ) -> None:
        def plan(existing: Sequence[Rule], next_id: int) -> list[Change]:
            by = self._by(author)
            return changes_of_allow(existing, domain, by, allowed=allowed, next_id=next_id)

        await self._rules.revise(tx, plan, author, source=ADMIN_API)

    def _by(self, author: Author) -> Attribution:
        return Attribution(author=author.name, now=self._clock.now())

    def _of_settings(self) -> Iterable[Rule]:
        return (rule for rule in self._border.policy.rules if rule.id < 0)

    def _check_settings(self, domain: str) -> None:
        if block_of(self._of_settings(), domain) is not None:
            raise _fixed()

    def _checked(self, wanted: DomainBlock) -> DomainBlock:
        return DomainBlock(
            domain=self._domain(wanted.domain),
            severity=wanted.severity,
            reject_media=wanted.reject_media,
            reject_reports=wanted.reject_reports,
            private_comment=_comment(wanted.private_comment, "Private comment"),
            public_comment=_comment(wanted.public_comment, "Public comment"),
            obfuscate=wanted.obfuscate,
        )

    def _domain(self, text: str) -> str:
        if not text.strip():
            raise Invalid("blank_parameter", "Validation failed: Domain can't be blank")
        try:
            name = normalise_peer(text.strip().removeprefix("@"))
        except BadUrl as error:
            raise Invalid("domain_invalid", _INVALID) from error
        if name == self._border.policy.defaults.own:
            raise Invalid("domain_own", "Validation failed: Domain is this site itself")
        return name


def _known(existing: Sequence[Rule], domain: str) -> DomainBlock:
    found = block_of(existing, domain)
    if found is None:
        raise NotFound
    return found


def cut(found: Collection[T], page: Page) -> list[T]:
    """A page of what is ordered by id, the highest first."""
    after = page.after or 0
    inside = [
        one for one in found if one.id > after and (page.max_id is None or one.id < page.max_id)
    ]
    return inside[-page.limit :] if page.ascending else inside[: page.limit]


def _comment(text: str, name: str) -> str:
    cleaned = clean_text(text).strip()
    if len(cleaned) > LONGEST_REASON:
        raise Invalid("comment_too_long", f"Validation failed: {name} is too long")
    return cleaned


def _fixed() -> Conflict:
    return Conflict(
        "policy_rule_of_settings",
        "Validation failed: Domain is in the settings and changes with them only",
    )
