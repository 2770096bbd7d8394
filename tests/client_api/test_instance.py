"""What the site says about itself is so."""

from __future__ import annotations

import io

from PIL import Image

from tests.client_api.stage import Stage


async def test_pictures_of_the_site_are_there(stage: Stage) -> None:
    instance = (await stage.answer("GET", "/api/v2/instance")).body
    sizes = []
    for icon in instance["icon"]:
        answer = await stage.answer("GET", icon["src"])
        width, height = Image.open(io.BytesIO(answer.body)).size
        assert icon["size"] == f"{width}x{height}"
        sizes.append(width)
    assert sizes == [192, 512]
    assert (await stage.answer("GET", instance["thumbnail"]["url"])).status == 200


async def test_formats_of_posts_are_taken(stage: Stage) -> None:
    me = await stage.person("amina")
    instance = (await stage.answer("GET", "/api/v2/instance")).body
    formats = instance["configuration"]["statuses"]["supported_mime_types"]
    assert formats == ["text/plain", "text/markdown"]
    plain, marked = [await me.write("**Ahoy**", content_type=one) for one in formats]
    assert plain["content"] == "<p>**Ahoy**</p>"
    assert marked["content"] == "<p><strong>Ahoy</strong></p>"
    refused = await me.answer(
        "POST", "/api/v1/statuses", json={"status": "x", "content_type": "text/html"}
    )
    assert refused.status == 422
