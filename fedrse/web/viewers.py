"""Whoever looks at a page, as its head and menu show them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fedrse.store.database import Transaction
from fedrse.web.views import Person

Me = Callable[[Transaction, int], Awaitable[Person]]
"""Reads the account of whoever is signed in. Raises Unauthenticated where it is gone."""
