"""Which acts the log knows. Whoever adds an administrative act adds it here."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fedrse.web.languages import translatable


class Act(StrEnum):
    """What was done: subject and verb. A name never changes its meaning: old entries keep it."""

    ACCOUNT_CREATED = "account.create"
    ACCOUNT_DISABLED = "account.disable"
    ACCOUNT_ENABLED = "account.enable"
    ACCOUNT_ROLE = "account.role"
    ACCOUNT_EMAIL = "account.email"
    ACCOUNT_PASSWORD_RESET = "account.reset_password"  # noqa: S105  (a name)
    ACCOUNT_PASSWORD_LINK = "account.password_link"  # noqa: S105
    ACCOUNT_SECOND_FACTOR_RESET = "account.reset_second_factor"
    ACCOUNT_WARNED = "account.warn"
    ACCOUNT_FROZEN = "account.freeze"
    ACCOUNT_UNFROZEN = "account.unfreeze"
    ACCOUNT_LIMITED = "account.limit"
    ACCOUNT_UNLIMITED = "account.unlimit"
    ACCOUNT_SENSITIVE = "account.sensitive"
    ACCOUNT_UNSENSITIVE = "account.unsensitive"
    ACCOUNT_SUSPENDED = "account.suspend"
    ACCOUNT_UNSUSPENDED = "account.unsuspend"
    ACCOUNT_DELETED = "account.delete"
    ACCOUNT_SESSIONS_ENDED = "account.end_sessions"
    TOKEN_CREATED = "token.create"  # noqa: S105
    TOKEN_REVOKED = "token.revoke"  # noqa: S105
    INVITATION_CREATED = "invitation.create"
    INVITATION_WITHDRAWN = "invitation.withdraw"
    REGISTRATION_APPROVED = "registration.approve"
    REGISTRATION_REJECTED = "registration.reject"
    REPORT_ASSIGNED = "report.assign"
    REPORT_CLASSIFIED = "report.classify"
    REPORT_NOTED = "report.note"
    REPORT_RESOLVED = "report.resolve"
    REPORT_REOPENED = "report.reopen"
    REPORT_FORWARDED = "report.forward"
    APPEAL_APPROVED = "appeal.approve"
    APPEAL_REJECTED = "appeal.reject"
    POST_DELETED = "post.delete"
    POST_SENSITIVE = "post.sensitive"
    TEMPLATE_CHANGED = "template.change"
    TREND_APPROVED = "trend.approve"
    TREND_REJECTED = "trend.reject"
    BLOCK_CREATED = "block.create"
    BLOCK_REMOVED = "block.remove"
    RULE_CREATED = "rule.create"
    RULE_CHANGED = "rule.change"
    RULE_REMOVED = "rule.remove"
    POLICY_MODE = "policy.mode"
    POLICY_UNDONE = "policy.undo"
    LIST_IMPORTED = "list.import"
    LIST_EXPORTED = "list.export"
    LIST_SUBSCRIBED = "list.subscribe"
    LIST_UNSUBSCRIBED = "list.unsubscribe"
    LIST_APPLIED = "list.apply"
    QUARANTINE_RELEASED = "quarantine.release"
    QUARANTINE_DROPPED = "quarantine.drop"
    PEER_PROBED = "peer.probe"
    PEER_CHANGED = "peer.change"
    QUEUE_RETRIED = "queue.retry"
    QUEUE_DROPPED = "queue.drop"
    KEYS_ROTATED = "keys.rotate"
    MAIL_ADDRESS_FORGOTTEN = "mail.forget"
    ANNOUNCEMENT_CREATED = "announcement.create"
    ANNOUNCEMENT_REMOVED = "announcement.remove"
    EMOJI_CHANGED = "emoji.change"
    SETTINGS_CHANGED = "settings.change"
    BACKUP_MADE = "backup.create"
    BACKUP_RESTORED = "backup.restore"
    DATA_EXPORTED = "data.export"
    DATA_IMPORTED = "data.import"


LABELS: Final[dict[Act, str]] = {
    Act.ACCOUNT_CREATED: translatable("Account created"),
    Act.ACCOUNT_DISABLED: translatable("Log-in disabled"),
    Act.ACCOUNT_ENABLED: translatable("Log-in enabled again"),
    Act.ACCOUNT_ROLE: translatable("Role changed"),
    Act.ACCOUNT_EMAIL: translatable("E-mail address changed"),
    Act.ACCOUNT_PASSWORD_RESET: translatable("Password reset"),
    Act.ACCOUNT_PASSWORD_LINK: translatable("Link for a new password made"),
    Act.ACCOUNT_SECOND_FACTOR_RESET: translatable("Second factor removed"),
    Act.ACCOUNT_WARNED: translatable("Somebody warned"),
    Act.ACCOUNT_FROZEN: translatable("Account frozen"),
    Act.ACCOUNT_UNFROZEN: translatable("Account frozen no more"),
    Act.ACCOUNT_LIMITED: translatable("Account limited"),
    Act.ACCOUNT_UNLIMITED: translatable("Account limited no more"),
    Act.ACCOUNT_SENSITIVE: translatable("Pictures of an account marked as sensitive"),
    Act.ACCOUNT_UNSENSITIVE: translatable("Pictures of an account marked as sensitive no more"),
    Act.ACCOUNT_SUSPENDED: translatable("Account suspended"),
    Act.ACCOUNT_UNSUSPENDED: translatable("Account suspended no more"),
    Act.ACCOUNT_DELETED: translatable("Account deleted"),
    Act.ACCOUNT_SESSIONS_ENDED: translatable("Sessions ended"),
    Act.TOKEN_CREATED: translatable("Access token made"),
    Act.TOKEN_REVOKED: translatable("Access token revoked"),
    Act.INVITATION_CREATED: translatable("Invitation made"),
    Act.INVITATION_WITHDRAWN: translatable("Invitation withdrawn"),
    Act.REGISTRATION_APPROVED: translatable("Registration accepted"),
    Act.REGISTRATION_REJECTED: translatable("Registration rejected"),
    Act.REPORT_ASSIGNED: translatable("Report assigned"),
    Act.REPORT_CLASSIFIED: translatable("Reason of a report changed"),
    Act.REPORT_NOTED: translatable("Note on a report"),
    Act.REPORT_RESOLVED: translatable("Report closed"),
    Act.REPORT_REOPENED: translatable("Report opened again"),
    Act.REPORT_FORWARDED: translatable("Report forwarded"),
    Act.APPEAL_APPROVED: translatable("Appeal accepted"),
    Act.APPEAL_REJECTED: translatable("Appeal rejected"),
    Act.POST_DELETED: translatable("Post deleted by moderation"),
    Act.POST_SENSITIVE: translatable("Post marked as sensitive"),
    Act.TEMPLATE_CHANGED: translatable("Text template changed"),
    Act.TREND_APPROVED: translatable("Trend accepted"),
    Act.TREND_REJECTED: translatable("Trend rejected"),
    Act.BLOCK_CREATED: translatable("Block made"),
    Act.BLOCK_REMOVED: translatable("Block removed"),
    Act.RULE_CREATED: translatable("Rule made"),
    Act.RULE_CHANGED: translatable("Rule changed"),
    Act.RULE_REMOVED: translatable("Rule removed"),
    Act.POLICY_MODE: translatable("Federation mode changed"),
    Act.POLICY_UNDONE: translatable("Rule undone"),
    Act.LIST_IMPORTED: translatable("List imported"),
    Act.LIST_EXPORTED: translatable("List exported"),
    Act.LIST_SUBSCRIBED: translatable("List subscribed"),
    Act.LIST_UNSUBSCRIBED: translatable("List unsubscribed"),
    Act.LIST_APPLIED: translatable("List applied"),
    Act.QUARANTINE_RELEASED: translatable("Held message released"),
    Act.QUARANTINE_DROPPED: translatable("Held message dropped"),
    Act.PEER_PROBED: translatable("Other site asked what it can do"),
    Act.PEER_CHANGED: translatable("Settings of another site changed"),
    Act.QUEUE_RETRIED: translatable("Waiting messages sent again"),
    Act.QUEUE_DROPPED: translatable("Waiting messages dropped"),
    Act.KEYS_ROTATED: translatable("Keys rotated"),
    Act.MAIL_ADDRESS_FORGOTTEN: translatable("Address for posts by mail deleted"),
    Act.ANNOUNCEMENT_CREATED: translatable("Announcement made"),
    Act.ANNOUNCEMENT_REMOVED: translatable("Announcement taken back"),
    Act.EMOJI_CHANGED: translatable("Custom emoji changed"),
    Act.SETTINGS_CHANGED: translatable("Settings changed"),
    Act.BACKUP_MADE: translatable("Backup made"),
    Act.BACKUP_RESTORED: translatable("Backup restored"),
    Act.DATA_EXPORTED: translatable("Data exported"),
    Act.DATA_IMPORTED: translatable("Data brought in"),
}
"""What pages say about each act."""
