"""Pictures of other sites: fetched by this site only, through signed addresses."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from aiohttp import FormData
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fedrse.app.services import remote_files
from fedrse.features.media.model_proxy import Proxy
from tests.client_api.stage import Stage, until

PROXY = Proxy("https://lyon.example", b"a secret of the site, long enough")


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), (10, 120, 200)).save(out, "PNG")
    return out.getvalue()


@given(
    st.text(max_size=60), st.text(alphabet="abcdef0123456789", max_size=40), st.text(max_size=40)
)
def test_only_what_was_signed(path: str, signature: str, token: str) -> None:
    url = f"https://nantes.example/{path}"
    found = PROXY.address(url).split("/")
    assert PROXY.read(found[-2], found[-1]) == url
    assert PROXY.read(signature, found[-1]) is None
    assert PROXY.read(signature, token) is None
    other = Proxy("https://lyon.example", b"a secret of another site, long enough")
    assert other.read(found[-2], found[-1]) is None
    assert PROXY.address("data:image/png,x") == "data:image/png,x"


async def test_pictures_of_other_sites(two: list[Stage]) -> None:
    lyon, nantes = two
    me, other = await lyon.person("amina"), await nantes.person("bruno")
    form = FormData()
    form.add_field("file", _picture(), filename="x.png", content_type="image/png")
    media = await me.call("POST", "/api/v2/media", data=form)
    avatar = FormData()
    avatar.add_field("avatar", _picture(), filename="x.png", content_type="image/png")
    await me.call("PATCH", "/api/v1/accounts/update_credentials", data=avatar)
    post = await me.write("Look", media_ids=[media["id"]])
    await other.follow(me)
    there = await other.find_status(post["uri"])
    (attachment,) = there["media_attachments"]
    proxy = f"{nantes.base_url}/media_proxy/"
    assert attachment["url"].startswith(proxy)
    assert attachment["preview_url"] == f"{attachment['url']}/small"
    assert attachment["meta"] == post["media_attachments"][0]["meta"]
    assert there["account"]["avatar"].startswith(proxy)
    assert post["media_attachments"][0]["url"].startswith(f"{lyon.base_url}/media/")

    whole = await nantes.answer("GET", attachment["url"])
    small = await nantes.answer("GET", attachment["preview_url"])
    assert (whole.status, small.status) == (200, 200)
    assert Image.open(io.BytesIO(whole.body)).size == (900, 600)
    assert max(Image.open(io.BytesIO(small.body)).size) == 640
    assert small.headers["Content-Type"] == "image/webp"
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    several = await asyncio.gather(
        *(nantes.answer("GET", there["account"]["avatar"]) for _ in range(5))
    )
    assert {one.status for one in several} == {200}
    # No open proxy: what this site did not sign is not there.
    signature, token = attachment["url"].removeprefix(proxy).split("/")
    for path in (f"{signature[::-1]}/{token}", f"{signature}/{token}x", f"{signature}/x"):
        assert (await nantes.answer("GET", proxy + path)).status == 404

    # The original goes; the copy stays until nobody has looked at it for a while.
    await me.call("DELETE", f"/api/v1/statuses/{post['id']}")
    assert (await nantes.answer("GET", attachment["url"])).status == 200
    site = nantes.site
    files = remote_files(site.ground, site.protocol, site.services)
    files._kept = -1

    async def gone() -> Any:
        await site.ground.database.write(files.forget_unused)
        return (await nantes.answer("GET", attachment["url"])).status == 404

    await until(gone)


async def test_what_is_no_picture(two: list[Stage]) -> None:
    lyon, nantes = two
    proxy = Proxy(nantes.site.ground.settings.origin, b"another secret, not that of the site")
    assert (await nantes.answer("GET", proxy.address(f"{lyon.base_url}/health"))).status == 404
    own = nantes.site.services.media_urls
    for path in ("/health", "/nothing", "/static/nothing.png"):
        address = own.remote(f"{lyon.base_url}{path}")
        assert (await nantes.answer("GET", address)).status == 404
