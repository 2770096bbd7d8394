"""Signing up: what is asked for, what is wrong with it, and who waits for what."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.core.errors import Forbidden, Invalid
from fedrse.core.languages import AVAILABLE
from fedrse.core.settings_mail import RegistrationMode, RegistrationSettings
from fedrse.core.text import clean_text
from fedrse.features.access.model import check_password, normalise_email
from fedrse.features.accounts.model_handles import check_local_username

LONGEST_REASON: Final = 420
LONGEST_LOCALE: Final = 35
UNCONFIRMED_KEPT: Final = 2 * DAY
TOKEN_LENGTH: Final = 32


class Wish(Struct, kw_only=True):
    """Parameters of ``POST /api/v1/accounts``."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = ""
    reason: str = ""
    date_of_birth: str = ""
    invite_code: str = ""


class Problem(Struct, frozen=True):
    """What is wrong with one field, in the words of Mastodon (``ERR_TAKEN``)."""

    field: str
    error: str
    description: str


class WishRefused(Invalid):
    """Some fields are wrong; each is named."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        sentences = [
            f"{one.field.replace('_', ' ').capitalize()} {one.description}" for one in problems
        ]
        super().__init__("registration_invalid", f"Validation failed: {', '.join(sentences)}")
        self.problems = tuple(problems)


class SignUpClosed(Forbidden):
    """Nobody may sign up here by themselves."""

    def __init__(self) -> None:
        super().__init__("registrations_closed", "This action is not allowed")


class Registration(Struct, frozen=True, kw_only=True):
    """A row of ``registration``; times in milliseconds, None for what has not happened."""

    id: int
    app_id: int
    username: str
    username_key: str
    email: str
    password_hash: str
    locale: str
    reason: str
    confirmed_at: int | None
    approved_at: int | None
    created_at: int
    invited_by_id: int | None = None

    @property
    def is_ready(self) -> bool:
        """Nothing is missing to make the account."""
        return self.confirmed_at is not None and self.approved_at is not None


class Invitation(Struct, frozen=True, kw_only=True):
    """An invitation without its code; times in milliseconds."""

    id: int
    uses: int
    most_uses: int
    expires_at: int
    created_at: int
    account_id: int | None = None

    def is_good(self, now: int) -> bool:
        """Somebody may still use it."""
        return self.uses < self.most_uses and now < self.expires_at


_NAMES: Final = {
    "username_blank": ("ERR_BLANK", "can't be blank"),
    "username_too_long": ("ERR_TOO_LONG", "is too long (maximum is 30 characters)"),
    "username_reserved": ("ERR_RESERVED", "is reserved"),
    "username_invalid": ("ERR_INVALID", "must contain only letters, numbers and underscores"),
}
_PASSWORDS: Final = {
    "password_short": ("ERR_TOO_SHORT", "is too short (minimum is 10 characters)"),
    "password_long": ("ERR_TOO_LONG", "is too long (maximum is 256 characters)"),
    "password_simple": ("ERR_INVALID", "is among the first that others would try"),
    "password_name": ("ERR_INVALID", "cannot be the name or the e-mail address"),
}
BLANK: Final = ("ERR_BLANK", "can't be blank")
TAKEN: Final = Problem("username", "ERR_TAKEN", "has already been taken")
BLOCKED: Final = Problem("email", "ERR_BLOCKED", "is not of a domain that may sign up here")
BAD_INVITATION: Final = Problem("invite_code", "ERR_INVALID", "is not valid any more")


def problems_of(wish: Wish, settings: RegistrationSettings, today: date) -> list[Problem]:
    """Everything that is wrong with a wish in itself; whether names are taken is not known here."""
    found = [*_name_and_address(wish, settings), *_password(wish)]
    if not wish.agreement:
        found.append(Problem("agreement", "ERR_ACCEPTED", "must be accepted"))
    if not wish.locale.strip():
        found.append(Problem("locale", *BLANK))
    elif len(wish.locale) > LONGEST_LOCALE:
        found.append(Problem("locale", "ERR_INCLUSION", "is not included in the list"))
    reason = clean_text(wish.reason).strip()
    asked = settings.mode is RegistrationMode.APPROVAL and settings.reason_required
    if asked and not reason and not wish.invite_code:
        found.append(Problem("reason", *BLANK))
    elif len(reason) > LONGEST_REASON:
        description = f"is too long (maximum is {LONGEST_REASON} characters)"
        found.append(Problem("reason", "ERR_TOO_LONG", description))
    if settings.minimum_age:
        found += _age(wish.date_of_birth, settings.minimum_age, today)
    return found


def _name_and_address(wish: Wish, settings: RegistrationSettings) -> list[Problem]:
    found = []
    try:
        check_local_username(wish.username)
    except Invalid as error:
        found.append(Problem("username", *_NAMES.get(error.code, _NAMES["username_invalid"])))
    if not wish.email.strip():
        return [*found, Problem("email", *BLANK)]
    try:
        check_address(wish.email, settings)
    except AddressNotAllowed:
        found.append(BLOCKED)
    except Invalid:
        found.append(Problem("email", "ERR_INVALID", "is not an e-mail address"))
    return found


class AddressNotAllowed(Invalid):
    """The domain of an e-mail address is none of those that may sign up."""

    def __init__(self) -> None:
        super().__init__(
            "email_blocked", "Validation failed: Email is not of a domain that may sign up here"
        )


def check_address(text: str, settings: RegistrationSettings) -> str:
    """The one form of an address with which somebody may sign up. Raises Invalid."""
    email = normalise_email(text)
    domains = settings.email_domains
    if domains and email.rpartition("@")[2] not in domains:
        raise AddressNotAllowed
    return email


def _password(wish: Wish) -> list[Problem]:
    if not wish.password:
        return [Problem("password", *BLANK)]
    try:
        check_password(wish.password, names=(wish.username, wish.email.strip()))
    except Invalid as error:
        return [password_problem(error)]
    return []


def password_problem(error: Invalid) -> Problem:
    """Why a password cannot be chosen."""
    return Problem("password", *_PASSWORDS.get(error.code, _PASSWORDS["password_simple"]))


def _age(text: str, minimum: int, today: date) -> list[Problem]:
    if not text.strip():
        return [Problem("date_of_birth", *BLANK)]
    try:
        born = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return [Problem("date_of_birth", "ERR_INVALID", "is not a date")]
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    age = today.year - born.year - (0 if had_birthday else 1)
    if age < minimum:
        return [Problem("date_of_birth", "ERR_BELOW_LIMIT", "is below the age limit")]
    return []


def language_of(locale: str, default: str) -> str:
    """The language of mails to somebody whose device speaks ``locale``."""
    primary = locale.strip().replace("_", "-").partition("-")[0].lower()
    return primary if primary in AVAILABLE else default


def link_token(secret: bytes, registration: Registration) -> str:
    """What proves that somebody read the mail to this address.

    Made of the secret of the site, so nothing has to be stored and each mail has the same link.
    """
    text = f"registration {registration.id} {registration.email}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:TOKEN_LENGTH]


def is_link_token(secret: bytes, registration: Registration, given: str) -> bool:
    """Whether this is the token of the link."""
    expected = link_token(secret, registration).encode()
    return hmac.compare_digest(expected, given.encode(errors="surrogatepass"))
