"""Log-ins, sessions, OAuth apps, codes and tokens. Secrets are stored hashed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, Text, text

from fedrse.store.schema import metadata, partial_index


def _account() -> Column[int]:
    key = ForeignKey("account.id", ondelete="CASCADE")
    return Column("account_id", BigInteger, key, nullable=False)


login = Table(
    "login",
    metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False, server_default="member"),  # access.model.Role
    Column("locale", Text, nullable=False, server_default="fr"),
    Column("time_zone", Text, nullable=False, server_default="Europe/Paris"),
    Column("look", Text, nullable=False, server_default=""),  # words of web.look.Look
    Column("default_language", Text),
    Column("default_sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("default_visibility", Text, nullable=False, server_default="public"),
    Column("default_quote_policy", Text, nullable=False, server_default="public"),
    Column("disabled_at", BigInteger),
    Column("last_active_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("invited_by_id", BigInteger),  # account whose invitation was used
)

# How many people were here on a day, by the day of their visit before (-1: never): enough to know
# how many different people came in any span of time, and nothing about anybody.
visit = Table(
    "visit",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),  # since 1970, UTC
    Column("before", BigInteger, primary_key=True, autoincrement=False),
    Column("people", BigInteger, nullable=False),
)

oauth_app = Table(
    "oauth_app",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("client_id", Text, nullable=False, unique=True),
    Column("client_secret", Text, nullable=False),  # SHA-256
    Column("name", Text, nullable=False),
    Column("website", Text),
    Column("redirect_uris", Text, nullable=False),  # JSON list
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

oauth_code = Table(
    "oauth_code",
    metadata,
    Column("code", Text, primary_key=True),  # SHA-256
    Column("app_id", BigInteger, ForeignKey("oauth_app.id", ondelete="CASCADE"), nullable=False),
    _account(),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", Text),  # PKCE S256
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

# Somebody who wants an account and has none yet: waits for a confirmed address, or for an admin.
registration = Table(
    "registration",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("app_id", BigInteger, ForeignKey("oauth_app.id", ondelete="CASCADE"), nullable=False),
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("confirmed_at", BigInteger),
    Column("approved_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("invited_by_id", BigInteger),
    Index("ix_registration_app_id", "app_id"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False, unique=True),  # SHA-256
    Column("uses", BigInteger, nullable=False, server_default="0"),
    Column("most_uses", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("account_id", BigInteger),  # who made it, None: somebody at the command line
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False, unique=True),  # SHA-256
    Column("app_id", BigInteger, ForeignKey("oauth_app.id", ondelete="CASCADE"), nullable=False),
    # One of these, or the application itself.
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE")),
    Column("registration_id", BigInteger, ForeignKey("registration.id", ondelete="CASCADE")),
    Column("code", Text),  # from which code: a second use of the code revokes it
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Index("ix_oauth_token_account_id", "account_id"),
    Index("ix_oauth_token_app_id", "app_id"),
    Index("ix_oauth_token_code", "code"),
    partial_index(
        "ix_oauth_token_registration_id",
        "registration_id",
        where="registration_id IS NOT NULL",
    ),
)

session = Table(
    "session",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False, unique=True),  # SHA-256
    _account(),
    Column("csrf", Text, nullable=False),
    Column("user_agent", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_session_account_id", "account_id"),
)
