"""What may happen to a log-in, and who is at the door."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from fedrse.core.clock import DAY, MINUTE
from fedrse.web.languages import translatable

EVENTS_KEPT = 90 * DAY
BROWSERS_KEPT = 400 * DAY
STEP_LIFE = 10 * MINUTE
LINK_LIFE = 60 * MINUTE
ADMIN_LINK_LIFE = 24 * 60 * MINUTE


class Happened(StrEnum):
    """Kinds of events; the words for people are in ``WORDS``."""

    SIGNED_IN = "signed_in"
    SIGNED_IN_PASSKEY = "signed_in_passkey"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105  (a kind of event)
    CODE_WRONG = "code_wrong"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    TOTP_ON = "totp_on"
    TOTP_OFF = "totp_off"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    SECOND_FACTOR_RESET = "second_factor_reset"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    SESSIONS_ENDED = "sessions_ended"
    APP_ALLOWED = "app_allowed"
    APP_WITHDRAWN = "app_withdrawn"


WORDS = {
    Happened.SIGNED_IN: translatable("Signed in"),
    Happened.SIGNED_IN_PASSKEY: translatable("Signed in with a passkey"),
    Happened.PASSWORD_WRONG: translatable("Wrong password"),
    Happened.CODE_WRONG: translatable("Wrong code of the second step"),
    Happened.PASSWORD_CHANGED: translatable("Password changed"),
    Happened.PASSWORD_RESET_ASKED: translatable("Link for a new password asked for"),
    Happened.PASSWORD_RESET: translatable("New password chosen with a link"),
    Happened.TOTP_ON: translatable("Authenticator app set up"),
    Happened.TOTP_OFF: translatable("Authenticator app removed"),
    Happened.RECOVERY_CODES_MADE: translatable("New recovery codes made"),
    Happened.RECOVERY_CODE_USED: translatable("Recovery code used"),
    Happened.SECOND_FACTOR_RESET: translatable("Second step removed by the people in charge"),
    Happened.PASSKEY_ADDED: translatable("Passkey added"),
    Happened.PASSKEY_REMOVED: translatable("Passkey removed"),
    Happened.SESSIONS_ENDED: translatable("Sessions ended"),
    Happened.APP_ALLOWED: translatable("Application allowed"),
    Happened.APP_WITHDRAWN: translatable("Access of an application withdrawn"),
}


class Visitor(Struct, frozen=True):
    """The browser that asks; ``browser`` is the secret by which it is recognised, or nothing."""

    user_agent: str = ""
    address: str = ""
    browser: str = ""


class SecurityEvent(Struct, frozen=True):
    """A line of the log; ``words`` is a message id."""

    kind: str
    detail: str
    user_agent: str
    address: str
    created_at: int

    @property
    def browser(self) -> str:
        """The browser in a word or two."""
        return browser_words(self.user_agent)

    @property
    def words(self) -> str:
        """What happened, to be translated."""
        return WORDS[Happened(self.kind)]


class Step(Struct, frozen=True):
    """Something begun; ``state`` is what its kind needs to finish it."""

    kind: str
    account_id: int | None
    state: str
    tries: int


# In this order: most browsers name others, too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """What a ``User-Agent`` means to a person: ``Firefox, Android``; else how it begins."""
    known = [
        next((word for sign, word in signs if sign in user_agent), "")
        for signs in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, known)) or user_agent[:60]
