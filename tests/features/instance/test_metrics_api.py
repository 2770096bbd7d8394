"""``/metrics``: for whoever has the token or a named address, missing for everybody else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedrse.core.configuration import ConfigurationError, load_settings
from fedrse.core.settings_monitoring import MetricsSettings
from fedrse.features.instance.api_metrics import MetricsApi
from tests.features.whole import WholeSite


def opened(whole: WholeSite, settings: MetricsSettings) -> None:
    """The site as if it had been started with these settings."""
    for route in whole.site.frame.routes:
        if route.path == "/metrics":
            api = route.handler.__self__  # type: ignore[attr-defined]
            assert isinstance(api, MetricsApi)
            fresh = MetricsApi(
                settings=settings,
                database=whole.site.ground.database,
                requests=whole.site.ground.requests,
                gauges=api._gauges,
            )
            vars(api).update(vars(fresh))


async def read(whole: WholeSite, token: str = "") -> tuple[int, str]:
    status, headers, body = await whole.call("GET", "/metrics", token=token or None)
    if status == 200:
        assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert headers["Cache-Control"] == "no-store"
    return status, body.decode() if isinstance(body, bytes) else str(body)


async def test_without_settings_there_is_nothing(whole: WholeSite) -> None:
    assert (await read(whole))[0] == 404
    assert (await read(whole, "guess"))[0] == 404


async def test_the_token_opens_it(whole: WholeSite) -> None:
    opened(whole, MetricsSettings(token="s3cret-token"))
    assert (await read(whole))[0] == 404
    assert (await read(whole, "s3cret-toke"))[0] == 404
    amina = await whole.person("amina")
    await amina.get("/api/v1/timelines/home")
    status, text = await read(whole, "s3cret-token")
    assert status == 200
    assert 'fedrse_http_requests_total{surface="api",method="GET",status="2xx"} 1' in text
    assert 'fedrse_queue_waiting{queue="deliveries"} 0' in text
    assert "process_resident_memory_bytes" in text
    assert "amina" not in text


async def test_a_token_may_be_any_bytes(whole: WholeSite) -> None:
    opened(whole, MetricsSettings(token="s3cret-token"))
    host = whole.address.removeprefix("http://")
    name, _, port = host.rpartition(":")
    for token in (b"\xff\xfe", "é".encode(), b"s3cret-token\xff"):
        reader, writer = await asyncio.open_connection(name, int(port))
        lines = (b"GET /metrics HTTP/1.1", b"Host: " + host.encode(), b"Connection: close")
        writer.write(b"\r\n".join([*lines, b"Authorization: Bearer " + token, b"", b""]))
        assert b" 404 " in await reader.readline()
        writer.close()


async def test_named_addresses_need_no_token(whole: WholeSite) -> None:
    opened(whole, MetricsSettings(addresses=["10.0.0.0/8"]))
    assert (await read(whole))[0] == 404
    opened(whole, MetricsSettings(addresses=["127.0.0.0/8", "::1"]))
    assert (await read(whole))[0] == 200


def test_addresses_are_checked_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "fedrse.toml"
    path.write_text(
        '[site]\nbase_url = "https://lyon.example"\n[metrics]\naddresses = ["nonsense"]\n'
    )
    with pytest.raises(ConfigurationError, match=r"metrics\.addresses"):
        load_settings(path, {})
