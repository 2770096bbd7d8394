"""What the documentation has and this site does not; only ever shorter."""

from __future__ import annotations

# Documented and not built yet.
NOT_BUILT: frozenset[str] = frozenset()
# Deprecated, and not answered.
GONE: frozenset[str] = frozenset()
