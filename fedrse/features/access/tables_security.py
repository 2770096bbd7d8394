"""Second factors, passkeys, links for new passwords, and what happened to a log-in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from fedrse.store.schema import metadata


def _account(*, primary_key: bool = False) -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    if primary_key:
        return Column("account_id", BigInteger, key, primary_key=True, autoincrement=False)
    return Column("account_id", BigInteger, key, nullable=False)


totp = Table(
    "totp",
    metadata,
    _account(primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # sealed with the secret of the site
    Column("last_step", BigInteger, nullable=False, server_default="0"),  # codes up to it are used
    Column("confirmed_at", BigInteger),  # until then it asks for nothing
    Column("created_at", BigInteger, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    _account(primary_key=True),
    Column("code", Text, primary_key=True),  # SHA-256
    Column("used_at", BigInteger),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account(),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),  # attested credential data (WebAuthn 6.5.2)
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Index("ix_passkey_account_id", "account_id"),
)

# Something begun that has to be finished soon by the same browser: it has the token in a cookie.
access_step = Table(
    "access_step",
    metadata,
    Column("token", Text, primary_key=True),  # SHA-256
    Column("kind", Text, nullable=False),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE")),
    Column("state", Text, nullable=False, server_default=""),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_access_step_expires_at", "expires_at"),
)

password_link = Table(
    "password_link",
    metadata,
    Column("token", Text, primary_key=True),  # SHA-256
    _account(),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_password_link_account_id", "account_id"),
)

security_event = Table(
    "security_event",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _account(),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("user_agent", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_security_event_account_id", "account_id", "id"),
    Index("ix_security_event_created_at", "created_at"),
)

known_browser = Table(
    "known_browser",
    metadata,
    _account(primary_key=True),
    Column("token", Text, primary_key=True),  # SHA-256
    Column("last_used_at", BigInteger, nullable=False),
)
