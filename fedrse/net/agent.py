"""How this program names itself to other servers (RFC 9110, section 10.1.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import fedrse

if TYPE_CHECKING:
    from fedrse.core.urls import Origin


@lru_cache(maxsize=8)
def user_agent(own: Origin | None) -> str:
    """``fedrse/0.1.0 (+https://lyon.corp.example/)``; with every request, of any kind.

    GoToSocial answers 418 to requests without one, and some firewalls answer nothing.
    """
    return f"fedrse/{fedrse.__version__}" + ("" if own is None else f" (+{own}/)")
