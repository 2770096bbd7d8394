"""The collection of tags on a profile, for signers of other sites."""

from __future__ import annotations

from typing import Any

import msgspec

from fedrse.activitypub.local_ids import LocalIds
from fedrse.features.tags.api_documents import TagDocumentsApi
from tests.features.fakes import ORIGIN, signer_in_header
from tests.features.surface import surface
from tests.features.whole import WholeSite


async def test_the_collection(whole: WholeSite) -> None:
    amina = await whole.person("amina")
    zoe = await whole.remote("zoe")
    await amina.post("/api/v1/featured_tags", name="Été")
    local_ids = LocalIds(ORIGIN)
    api = TagDocumentsApi(
        database=whole.site.ground.database,
        people=whole.site.services.accounts,
        featured=whole.site.parts.featured_tags,
        local_ids=local_ids,
        signed_fetch=signer_in_header,
    )
    path = f"/ap/u/{amina.id}/featured-tags"
    async with surface(api.routes(), clock=whole.clock) as site:

        async def fetch(address: str, **headers: str) -> tuple[int, Any]:
            accept = {"Accept": "application/activity+json"}
            status, _, body = await site.call("GET", address, headers=accept | headers)
            return status, body

        status, body = await fetch(path, **{"X-Signer": "nantes.corp.example"})
        assert status == 200
        document = msgspec.json.decode(body)
        assert document["id"] == f"{ORIGIN}{path}"
        assert (document["type"], document["totalItems"]) == ("Collection", 1)
        assert document["items"] == [
            {"type": "Hashtag", "name": "#Été", "href": f"{ORIGIN}/tags/ete"}
        ]
        assert (await fetch(path))[0] == 401
        for nobody in (1, zoe.id):
            address = f"/ap/u/{nobody}/featured-tags"
            assert (await fetch(address, **{"X-Signer": "nantes.corp.example"}))[0] == 404
    assert (await whole.call("GET", path, headers={"Accept": "application/activity+json"}))[0] in (
        401,
        403,
    )
