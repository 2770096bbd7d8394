"""What somebody may do for a site; routes name the right that they need.

The names are those of the permissions of a Mastodon role
(https://docs.joinmastodon.org/entities/Role/#permission-flags), so that apps understand them.
Which role has which rights is decided by ``features/access/model_roles.py``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """One thing that people may or may not do for the site."""

    ADMINISTRATOR = "administrator"
    VIEW_DEVOPS = "view_devops"
    VIEW_AUDIT_LOG = "view_audit_log"
    VIEW_DASHBOARD = "view_dashboard"
    MANAGE_REPORTS = "manage_reports"
    MANAGE_FEDERATION = "manage_federation"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_BLOCKS = "manage_blocks"
    MANAGE_TAXONOMIES = "manage_taxonomies"
    MANAGE_APPEALS = "manage_appeals"
    MANAGE_USERS = "manage_users"
    MANAGE_INVITES = "manage_invites"
    MANAGE_RULES = "manage_rules"
    MANAGE_ANNOUNCEMENTS = "manage_announcements"
    MANAGE_CUSTOM_EMOJIS = "manage_custom_emojis"
    MANAGE_WEBHOOKS = "manage_webhooks"
    INVITE_USERS = "invite_users"
    MANAGE_ROLES = "manage_roles"
    MANAGE_USER_ACCESS = "manage_user_access"
    DELETE_USER_DATA = "delete_user_data"
    MANAGE_EMAIL_SUBSCRIPTIONS = "manage_email_subscriptions"

    @property
    def bit(self) -> int:
        """Its bit in ``permissions`` of the Mastodon API."""
        return 1 << _PLACES[self]


# Two permissions of Mastodon before the last one have no counterpart here.
_PLACES: Final = {right: place for place, right in enumerate(Right)} | {
    Right.MANAGE_EMAIL_SUBSCRIPTIONS: 22
}
