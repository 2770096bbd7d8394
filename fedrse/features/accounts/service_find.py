"""Finding accounts: by id, address, handle or name, and for a viewer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from fedrse.activitypub.dispatch import Ignored, Needs, Received
from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.errors import Gone, NotFound, Unauthenticated
from fedrse.core.settings import Settings
from fedrse.features.accounts import queries
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import Handle, username_key
from fedrse.features.accounts.service_joins import account
from fedrse.features.accounts.service_search import like_patterns
from fedrse.features.accounts.service_states import BY_RULE
from fedrse.store.database import Transaction

_ACCOUNTS = account.name


class AccountFinder:
    """The reading half of ``Accounts``."""

    def __init__(self, *, settings: Settings, local_ids: LocalIds) -> None:
        self._settings = settings
        self._local_ids = local_ids

    async def by_id(self, tx: Transaction, account_id: int) -> Account | None:
        row = await tx.one(queries.BY_ID, key=account_id)
        return None if row is None else Account(*row)

    async def username_of(self, tx: Transaction, account_id: int) -> str:
        """The user name of an account, "" for one that is gone."""
        found = await self.by_id(tx, account_id)
        return "" if found is None else found.username

    async def by_ids(self, tx: Transaction, ids: Iterable[int]) -> dict[int, Account]:
        """Accounts by id; unknown ids are left out."""
        rows = await tx.all(queries.BY_IDS, ids=list(ids))
        return {row.id: Account(*row) for row in rows}

    async def by_uri(self, tx: Transaction, uri: str) -> Account | None:
        foreseen = tx.known.get(_ACCOUNTS)
        if foreseen is not None and uri in foreseen:
            known: Account = foreseen[uri]
            return known
        row = await tx.one(queries.BY_URI, address=uri)
        return None if row is None else Account(*row)

    async def foresee(self, tx: Transaction, batch: Sequence[Received]) -> None:
        """The senders of many messages are read at once."""
        tx.known[_ACCOUNTS] = await self.by_uris(tx, {received.actor for received in batch})

    async def by_uris(self, tx: Transaction, uris: Iterable[str]) -> dict[str, Account]:
        """Accounts by ActivityPub id; unknown ones are left out."""
        rows = await tx.all(queries.BY_URIS, uris=list(uris))
        return {row.uri: Account(*row) for row in rows}

    async def by_handle(self, tx: Transaction, username: str, domain: str | None) -> Account | None:
        """The account with this handle; without a domain one of this site."""
        handle = Handle(username, domain or self._settings.handle_domain)
        found = (await self.by_handles(tx, [handle])).get(handle)
        return None if found is None or (domain is None and not found.local) else found

    async def host_of_domain(self, tx: Transaction, domain: str) -> str | None:
        """The host of the people whose handles end so; None where nobody's do, or of several."""
        rows = await tx.all(queries.HOSTS_OF_DOMAIN, of_domain=domain)
        return rows[0].host if len(rows) == 1 else None

    async def by_handles(self, tx: Transaction, handles: Iterable[Handle]) -> dict[Handle, Account]:
        """Accounts by handle. People of this site are found by its host name, too."""
        wanted = {handle: self._keys_of(handle) for handle in handles}
        if not wanted:
            return {}
        places = [place for keys in wanted.values() for place in keys]
        rows = await tx.all(
            queries.BY_NAMES,
            names=list({name for name, _ in places}),
            domains=list({domain for _, domain in places}),
        )
        by_key = {(row.username_key, row.domain): row for row in rows}
        found: dict[Handle, Account] = {}
        for handle, keys in wanted.items():
            row = next((by_key[key] for key in keys if key in by_key), None)
            if row is not None:
                found[handle] = Account(*row)
        return found

    def _keys_of(self, handle: Handle) -> list[tuple[str, str]]:
        name, domain = username_key(handle.username), handle.domain.lower()
        keys = [(name, domain)]
        if domain == self._settings.host:
            keys.append((name, self._settings.handle_domain))
        return keys

    async def require(
        self, tx: Transaction, uri: str, unavailable: Collection[str] = ()
    ) -> Account:
        """The account of an activity; suspended ones too, which may still undo and delete.

        ``unavailable`` is ``Received.unavailable``. Raises Needs where a remote actor has to be
        fetched first, Ignored where it cannot be had or was deleted. Who is hidden by a rule is
        taken as shown: what comes in was let in, so the rule is over.
        """
        account = await self.by_uri(tx, uri)
        if account is None:
            if uri in unavailable or self._local_ids.is_local(uri):
                raise Ignored("unknown_actor")
            raise Needs(uri)
        if account.deleted_at is not None:
            raise Ignored("account_deleted")
        if account.suspended_at == BY_RULE:
            return replace(account, suspended_at=None)
        return account

    async def access_account(self, tx: Transaction, viewer: int | None, account_id: int) -> Account:
        """An account for a viewer, who may be nobody.

        Visitors see people of this site who agreed to it, where the site has public pages;
        for everything else they are asked to log in, whether it exists or not. Raises NotFound or
        Unauthenticated.
        """
        account = await self.by_id(tx, account_id)
        if account is not None and self.is_visible_to(viewer, account):
            return account
        if viewer is None:
            raise Unauthenticated("login_required", "This method requires an authenticated user")
        raise NotFound

    async def check_account(self, tx: Transaction, viewer: int | None, account_id: int) -> None:
        """Raises what ``access_account`` does, where nothing of the account is needed."""
        if viewer is None:
            await self.access_account(tx, viewer, account_id)
        elif await tx.value(queries.IS_THERE, key=account_id) is None:
            raise NotFound

    def is_visible_to(self, viewer: int | None, account: Account) -> bool:
        """The rule of ``access_account``."""
        if viewer is not None:
            return account.deleted_at is None
        return (
            self.has_public_pages
            and account.local
            and account.public_profile
            and not account.is_gone
        )

    async def check_inbox(self, tx: Transaction, account_id: int) -> None:
        """Whether somebody here has an inbox. Raises NotFound, Gone for deleted accounts."""
        row = await tx.one(queries.INBOX_OWNER, key=account_id)
        if row is None or not row.local:
            raise NotFound
        if row.deleted_at is not None:
            raise Gone("account_deleted", "This account was deleted.")

    async def owners_of_inbox(self, tx: Transaction, inbox: str) -> list[Account]:
        """People of other sites with this inbox of their own; nobody owns a shared one."""
        return [Account(*row) for row in await tx.all(queries.INBOX_OWNERS, address=inbox)]

    @property
    def has_public_pages(self) -> bool:
        """Whether visitors see anything at all."""
        return self._settings.site.public_pages

    async def search(
        self,
        tx: Transaction,
        text: str,
        *,
        limit: int,
        offset: int = 0,
        among: Collection[int] | None = None,
    ) -> list[int]:
        """Ids of accounts whose handle or name begins so, the best first.

        ``among`` limits the search to these accounts.
        """
        patterns = like_patterns(text)
        if patterns is None:
            return []
        parameters = {**patterns, "most": limit, "skip": max(offset, 0)}
        if among is None:
            rows = await tx.all(queries.SEARCH, **parameters)
        else:
            rows = await tx.all(queries.SEARCH_AMONG, **parameters, among=list(among))
        return [row.id for row in rows]

    async def local_accounts(self, tx: Transaction) -> list[Account]:
        """The people of this site by name, for admins."""
        return [Account(*row) for row in await tx.all(queries.LOCAL)]

    async def members_uri_of(self, tx: Transaction, host: str) -> str | None:
        """The members collection that the instance actor of a peer publishes as ``network``."""
        # Only there fedrse has its instance actor: a neighbour must not speak for the site.
        places = [f"{scheme}://{host}/actor" for scheme in ("https", "http")]
        value = await tx.value(queries.MEMBERS_URI, uris=places)
        return None if value is None else str(value)
