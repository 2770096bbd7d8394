"""``Protocol`` for types alone: a class that nothing asks about while the program runs.

Those of ``typing`` cost four times the memory, for questions (``isinstance``) that nobody has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Protocol"]

if TYPE_CHECKING:
    from typing import Protocol
else:

    class Protocol:
        """What a lower package needs of a higher one; see ``docs/architecture.md``."""

        def __class_getitem__(cls, _parameters):
            return cls
