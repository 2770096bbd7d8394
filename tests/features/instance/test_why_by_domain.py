"""What happened with a site, asked for by the domain that stands in the handles of its people."""

from __future__ import annotations

from fedrse.app.whole import Whole
from fedrse.app.why import Explainer
from fedrse.features.accounts.model import Account
from fedrse.store.database import Transaction
from tests.features.cast import remote_actor
from tests.features.whole import WholeSite


async def test_a_site_is_found_by_the_domain_of_its_handles(whole: WholeSite) -> None:
    site = whole.site
    explainer = Explainer(Whole(site.ground, site.protocol, site.services))

    async def arrives(name: str, host: str) -> Account:
        document = remote_actor(name, host)

        async def unit(tx: Transaction) -> Account:
            handle = f"{name}@nantes.example"
            return await site.services.accounts.import_actor(tx, document, handle=handle)

        return await site.ground.database.write(unit)

    async def host_of(asked: str) -> str:
        return str((await explainer.explain(asked))["peer"]["host"])

    assert await host_of("nantes.example") == "nantes.example", "nobody is known there"
    gwen = await arrives("gwen", "social.nantes.example")
    assert gwen.domain == "nantes.example"
    assert await host_of("nantes.example") == "social.nantes.example"
    assert await host_of("social.nantes.example") == "social.nantes.example"
    await arrives("karim", "other.nantes.example")
    asked = (await explainer.explain("nantes.example"))["peer"]
    assert asked["host"] == "nantes.example", "of two sites neither is meant for sure"
    assert asked["known"] is False, "there is no page about it"
