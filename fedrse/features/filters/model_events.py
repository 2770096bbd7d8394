"""What happens to filters, for higher features in the same transaction."""

from __future__ import annotations

from msgspec import Struct


class FiltersChanged(Struct, frozen=True):
    """A person changed their filters: open apps ask for them again."""

    account_id: int
