"""What the documentation has and this site has not, with the reason; only ever shorter.

``docs/client-api.md`` says the same to people.
"""

from __future__ import annotations

from tests.client_api.watched import Name

ENDPOINTS: dict[str, str] = {}

# Entities that no answer has.
_NOT_YET = "nothing in these two sites causes it"
ENTITIES: dict[str, str] = {
    "Appeal": _NOT_YET,
    "IdentityProof": "nobody has any since Mastodon 3.5; the deprecated endpoint answers []",
}

# Attributes that no answer has.
NEVER: dict[tuple[str, str], str] = {}

# Documented parameters at which nobody looks.
PARAMETERS: dict[tuple[str, Name], str] = {
    ("GET /api/v2/search", ("exclude_unreviewed",)): "reviews are about trends only",
}
