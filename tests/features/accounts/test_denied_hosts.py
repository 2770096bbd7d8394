"""People of denied sites are hidden as long as a rule says so, and nothing of them changes."""

from __future__ import annotations

from fedrse.features.accounts.model import Account
from fedrse.features.accounts.service_denied_hosts import DeniedHosts
from fedrse.features.accounts.service_states import BY_RULE
from fedrse.store.database import Transaction
from tests.features.whole import WholeSite

NANTES = "nantes.corp.example"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


class Rules:
    """The sites that are denied at the moment."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self.asked = 0

    async def __call__(self, tx: Transaction) -> list[str]:
        self.asked += 1
        return self.hosts


async def test_they_are_hidden_and_shown_again(whole: WholeSite) -> None:
    ami, nadia = await whole.person("ami"), await whole.remote("nadia", NANTES)
    other = await whole.remote("otto", "oslo.corp.example")
    sus = await whole.remote("sus", NANTES)
    accounts, database = whole.site.services.accounts, whole.site.ground.database
    await database.write(accounts.states.suspend, sus.id, suspended=True)
    await ami.follow(nadia)
    rules = Rules()
    hosts = DeniedHosts(database=database, states=accounts.states, denied=rules)
    assert await hosts.review() == 0
    rules.hosts = [NANTES]
    assert await hosts.review() == 1
    assert await hosts.review() == 0

    async def now(account: Account) -> Account:
        found = await database.read(accounts.by_id, account.id)
        assert found is not None
        return found

    assert (await now(nadia)).suspended_at == BY_RULE
    assert (await now(other)).suspended_at is None
    assert (await now(sus)).suspended_at not in {None, BY_RULE}
    assert (await ami.get(f"/api/v1/accounts/{nadia.id}"))["suspended"] is True
    # What comes from there was let in, so the rule is over: it counts at once.
    required = await database.read(accounts.require, nadia.uri)
    assert not required.is_gone
    note = {
        "id": f"{nadia.uri}/1",
        "type": "Note",
        "attributedTo": nadia.uri,
        "to": [PUBLIC, ami.account.uri],
        "content": "<p>Bonjour</p>",
    }
    assert await whole.receive(nadia, {"type": "Create", "object": note}) == "created"
    # Another process finds what is hidden.
    again = DeniedHosts(database=database, states=accounts.states, denied=rules)
    rules.hosts = []
    assert await again.review() == 1
    assert (await now(nadia)).suspended_at is None
    assert (await now(sus)).suspended_at is not None
    (shown,) = await ami.get(f"/api/v1/accounts/{nadia.id}/statuses")
    assert shown["uri"] == note["id"]
    assert await again.review() == 0
