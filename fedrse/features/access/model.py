"""Log-ins and sessions: values and the rules for e-mail addresses and passwords."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from fedrse.core.clock import DAY
from fedrse.core.errors import Invalid, Unauthenticated

LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = (
    256  # characters; hashing bounds the work, not the length, but bodies are bounded
)
FEWEST_CHARACTERS = 5  # different ones
SHORTEST_PART = 3  # of a name, to be looked for in passwords
FEWEST_OWN = 8  # letters and digits that are no part of a name, where names are in it
SESSION_LIFE = 30 * DAY  # since the last use
LONGEST_AGENT = 256

# What is left of common passwords without digits and signs around them; the first guesses of
# every attack in our two languages. An adapted list, not a dictionary: length does the work.
_COMMON = frozenset(
    {
        "",
        "admin",
        "administrateur",
        "administrator",
        "azerty",
        "azertyuiop",
        "bienvenue",
        "bonjour",
        "changeme",
        "changezmoi",
        "doudou",
        "entreprise",
        "fedrse",
        "iloveyou",
        "jetaime",
        "letmein",
        "loulou",
        "motdepasse",
        "passe",
        "passw0rd",
        "password",
        "passwort",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "secret",
        "soleil",
        "testtest",
        "welcome",
    }
)


class Role(StrEnum):
    """What somebody is for this site, the most powerful first; rights are in ``model_roles``."""

    OWNER = "owner"
    ADMIN = "admin"
    MODERATOR = "moderator"
    COMMUNITY_MANAGER = "community-manager"
    AUDITOR = "auditor"
    MEMBER = "member"

    @property
    def is_staff(self) -> bool:
        """Takes part in running the site; what exactly is said by ``model_roles``."""
        return self is not Role.MEMBER

    @property
    def is_shown(self) -> bool:
        """Whether profiles name it: people know to whom to turn. Auditors watch unnoticed."""
        return self not in (Role.MEMBER, Role.AUDITOR)


class Login(Struct, frozen=True):
    """How a person of this site gets in, apart from the password.

    ``suspended`` is the state of the account, ``disabled_at`` (milliseconds) that of the log-in.
    ``look`` are words of ``web.look.Look``.
    """

    account_id: int
    username: str
    email: str
    role: Role
    locale: str
    time_zone: str
    default_language: str | None
    default_sensitive: bool
    default_visibility: str
    default_quote_policy: str
    disabled_at: int | None
    last_active_at: int | None
    created_at: int
    suspended: bool
    look: str = ""

    @property
    def may_sign_in(self) -> bool:
        """The log-in is not disabled: who is suspended reads why."""
        return self.disabled_at is None

    @property
    def may_enter(self) -> bool:
        """Neither the log-in is disabled nor the account suspended."""
        return self.disabled_at is None and not self.suspended


class SessionInfo(Struct, frozen=True):
    """One browser in which somebody is logged in; times in milliseconds."""

    id: int
    user_agent: str
    address: str
    created_at: int
    last_used_at: int
    expires_at: int


class BadCredentials(Unauthenticated):
    """Wrong name or wrong password; which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("bad_credentials", "The name or the password is wrong.")


def new_secret() -> str:
    """256 random bits as text that fits into cookies and headers."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256 in hexadecimal: how random secrets are stored, so that a database copy is no key."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def normalise_email(text: str) -> str:
    """The one form of an e-mail address: lower case, without blanks around.

    The local part is lower-cased too: no two people share a mailbox that differs in case only.
    Raises Invalid (``email_invalid``); whether mail arrives is not checked.
    """
    email = unicodedata.normalize("NFC", text.strip()).lower()
    name, at, domain = email.rpartition("@")
    plain = email.isprintable() and not any(character.isspace() for character in email)
    if not (at and name and domain) or "@" in name or not plain or len(email) > LONGEST_EMAIL:
        raise Invalid("email_invalid", "Validation failed: Email is not an e-mail address")
    return email


def normalise_password(text: str) -> str:
    """What is hashed: the same password typed on different keyboards (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", text)


def check_password(text: str, *, names: Collection[str] = ()) -> str:
    """The normalised password, if it may be chosen.

    Length decides, not signs and digits (NIST SP 800-63B, section 5.1.1.2); what everybody tries
    first is refused, and so is what consists of ``names`` (user name, e-mail address, site) and
    little else.
    Raises Invalid with ``password_short``, ``password_long``, ``password_simple`` or
    ``password_name``.
    """
    password = normalise_password(text)
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            "password_short", f"A password needs at least {SHORTEST_PASSWORD} characters."
        )
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("password_long", f"A password has at most {LONGEST_PASSWORD} characters.")
    if not password.isprintable():
        raise Invalid("password_simple", "A password cannot contain control characters.")
    folded = password.casefold()
    core = folded.strip("0123456789 .,;:!?#*+-_$@&()[]{}%/\\'\"<>=")
    if len(set(folded)) < FEWEST_CHARACTERS or core in _COMMON:
        raise Invalid("password_simple", "This password is among the first that others would try.")
    if _without(folded, names) != folded and len(_without(folded, names)) < FEWEST_OWN:
        raise Invalid("password_name", "A password cannot be the name or the e-mail address.")
    return password


def _without(folded: str, names: Collection[str]) -> str:
    """The letters and digits that are left without what is known of the person."""
    parts = {part for name in names for part in re.split(r"[\W_]+", name.casefold())}
    rest = "".join(character for character in folded if character.isalnum())
    shorter = rest
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST_PART:
            shorter = shorter.replace(part, "")
    return folded if shorter == rest else shorter
