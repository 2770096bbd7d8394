"""What happens to filters, for higher features in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FiltersChanged:
    """A person changed their filters: open apps ask for them again."""

    account_id: int
