"""axe-core in a page (https://github.com/dequelabs/axe-core), and pictures of pages."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from tests.browser.chromium import Look, Tab
from tests.sites.npm import install

SOURCE = Path(__file__).parent / "axe"
PICTURES = Path(__file__).parent / "screenshots"
TALLEST = 6000  # pixels of a picture
_RUN = """
axe.run(document, {resultTypes: ["violations"]}).then((result) => result.violations.map((one) =>
  `${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} `
    + node.any.concat(node.all, node.none).map((why) => why.message).join("; ").slice(0, 200))
    .join(" | ")}`))
"""
_WIDER = """
(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return "";
  const wide = [...document.body.querySelectorAll("*")].filter((one) =>
    one.checkVisibility() && one.getBoundingClientRect().right > width + 1);
  return wide.slice(0, 3).map((one) => one.outerHTML.slice(0, 120)).join(" | ") || "the page";
})()
"""


@cache
def _script() -> str:
    return (install(SOURCE) / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def violations(tab: Tab) -> list[str]:
    """What axe-core finds in the page that is open."""
    if not await tab.ask("typeof axe === 'object'"):
        await tab.ask(_script() + ";true")
    return list(await tab.ask(_RUN))


async def show(tab: Tab, width: int, scheme: str, *, zoom: float = 1) -> None:
    """The open page in another window, or in other colours, without loading it again."""
    await tab.call(
        "Emulation.setDeviceMetricsOverride",
        width=round(width / zoom),
        height=800,
        deviceScaleFactor=zoom,
        mobile=width < 600,
    )
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    await tab.call("Emulation.setEmulatedMedia", features=features)


async def too_wide(tab: Tab) -> str:
    """What makes the page scroll sideways, or nothing."""
    return str(await tab.ask(_WIDER))


async def photograph(tab: Tab, look: Look, name: str) -> None:
    """A picture of the whole page."""
    height = await tab.ask("document.documentElement.scrollHeight")
    area = {"x": 0, "y": 0, "width": look.width, "height": min(height, TALLEST), "scale": 1}
    taken = await tab.call(
        "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=area
    )
    folder = PICTURES / str(look)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))
