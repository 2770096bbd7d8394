"""Whoever looks at a page: how its head and menu show them, and what they may know of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from fedrse.store.database import Transaction
from fedrse.web.views import Person

Me = Callable[[Transaction, int], Awaitable[Person]]
"""Reads the account of whoever is signed in. Raises Unauthenticated where it is gone."""

Works = Callable[[Transaction, int, Sequence[int]], Awaitable[dict[int, str]]]
"""What people do, a line each, as far as the viewer may know it: ``profiles.service.Profiles``."""
