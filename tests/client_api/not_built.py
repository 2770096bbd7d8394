"""What the documentation has and this site does not; only ever shorter."""

from __future__ import annotations

# Documented and not built yet.
NOT_BUILT: frozenset[str] = frozenset(
    {
        "GET /api/v2/filters",
        "POST /api/v2/filters",
        "GET /api/v2/filters/:filter_id/keywords",
        "POST /api/v2/filters/:filter_id/keywords",
        "GET /api/v2/filters/:filter_id/statuses",
        "POST /api/v2/filters/:filter_id/statuses",
        "DELETE /api/v2/filters/:id",
        "GET /api/v2/filters/:id",
        "PUT /api/v2/filters/:id",
        "DELETE /api/v2/filters/keywords/:id",
        "GET /api/v2/filters/keywords/:id",
        "PUT /api/v2/filters/keywords/:id",
        "DELETE /api/v2/filters/statuses/:id",
        "GET /api/v2/filters/statuses/:id",
    }
)
# Deprecated, and not answered.
GONE: frozenset[str] = frozenset(
    {
        "GET /api/v1/accounts/:id/identity_proofs",
        "GET /api/v1/filters",
        "POST /api/v1/filters",
        "DELETE /api/v1/filters/:id",
        "GET /api/v1/filters/:id",
        "PUT /api/v1/filters/:id",
    }
)
