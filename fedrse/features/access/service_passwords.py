"""Password hashing off the event loop: argon2id in two threads with a bounded queue."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from fedrse.core.errors import Unavailable
from fedrse.features.access.model import normalise_password
from fedrse.features.access.service_password_strength import check_guesses

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")
THREADS = 2
LONGEST_QUEUE = 64
# The first recommendation of the OWASP password storage cheat sheet for argon2id (RFC 9106): 46 MiB
# and one pass, about 0.07 s; two threads bound the memory that a flood of log-ins can take.
MEMORY_KIBIBYTES = 47_104
PASSES = 1


def recommended_hasher() -> PasswordHasher:
    """The parameters for new hashes."""
    from argon2 import PasswordHasher  # noqa: PLC0415  (with the first log-in)

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIBIBYTES, parallelism=1)


class Passwords:
    """Makes and checks password hashes."""

    def __init__(
        self, hasher: PasswordHasher | None = None, *, longest_queue: int = LONGEST_QUEUE
    ) -> None:
        self._given = hasher
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._longest_queue = longest_queue

    @cached_property
    def _hasher(self) -> PasswordHasher:
        return self._given or recommended_hasher()

    @cached_property
    def _nobody(self) -> str:
        return _impossible_hash(self._hasher)

    async def hash(self, password: str) -> str:
        """The hash to store. Raises Unavailable where too many are waiting."""
        return await self._run(self._hasher.hash, normalise_password(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password belongs to the stored hash; as slow where there is none.

        Raises Unavailable where too many are waiting.
        """
        return await self._run(self._verify, stored or self._nobody, normalise_password(password))

    async def check_strength(self, password: str, names: Sequence[str]) -> None:
        """Raises Invalid for what would be guessed soon, Unavailable where too many wait."""
        await self._run(check_guesses, password, tuple(names))

    def is_outdated(self, stored: str) -> bool:
        """The hash was made with other parameters than those for new ones."""
        from argon2.exceptions import InvalidHashError  # noqa: PLC0415  (as above)

        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            return False

    def close(self) -> None:
        """Lets the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str, password: str) -> bool:
        from argon2.exceptions import (  # noqa: PLC0415  (as above)
            InvalidHashError,
            VerificationError,
        )

        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        if self._waiting >= self._longest_queue:
            raise Unavailable("logins_busy", "Too many people log in at this moment. Try again.")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, work, *arguments)
        finally:
            self._waiting -= 1


def _impossible_hash(hasher: PasswordHasher) -> str:
    """A hash that no password has, with the parameters of the real ones.

    Checking it takes the time of a real check, so the answer does not tell whether a name exists.
    """
    salt, digest = (
        base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
        for length in (hasher.salt_len, hasher.hash_len)
    )
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${salt}${digest}"
