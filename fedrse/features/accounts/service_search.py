"""What people type to find others, as patterns for the database."""

from __future__ import annotations

from fedrse.core.text import fold_hashtag
from fedrse.features.accounts.model_handles import username_key

LONGEST_TEXT = 200


def like_patterns(text: str) -> dict[str, str] | None:
    """Parameters of ``queries.SEARCH`` for ``ami``, ``@amina@corp.ex`` or ``Amina Ben``.

    None where there is nothing to look for.
    """
    text = text.strip()[:LONGEST_TEXT].removeprefix("acct:").removeprefix("@")
    name, _, domain = text.partition("@")
    words = " ".join(fold_hashtag(name).split())
    if not words:
        return None
    exact = username_key(name)
    return {
        "exact": exact,
        "begins": f"{_escaped(exact)}%",
        "contains": f"% {_escaped(words)}%",
        "of_domain": f"{_escaped(domain.lower())}%",
    }


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
