"""The pictures of the README, taken in the demo: ``make pictures``.

The demo runs on free ports in a folder of its own and ends afterwards.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from rich.console import Console

from fedrse.app.demo.run import PASSWORD, Demo
from tests.browser.chromium import Chromium, Look, Tab, visitor

FOLDER = Path(__file__).parent.parent.parent / "docs" / "images"
MOST_BYTES = 150_000
_FIND_THREAD = """
(() => {
  const posts = [...document.querySelectorAll(".post")];
  const talked = posts.sort((one, other) => answers(other) - answers(one))[0];
  function answers(post) {
    return Number(post.querySelector(".action-reply [data-count]")?.dataset.count || 0);
  }
  return new URL(talked.querySelector("a.time").href).pathname;
})()
"""


@dataclass(frozen=True)
class Picture:
    """What is taken: who looks at which page, how, in how many pixels. ``sharp`` times as fine."""

    name: str
    who: str
    path: str
    look: Look
    height: int
    sharp: int = 1


PICTURES = (
    Picture("home", "emma@bruxelles.test", "/", Look(1280, "light", "en"), 900),
    Picture("profile", "emma@bruxelles.test", "/@amina@lyon.test", Look(1280, "light", "en"), 900),
    Picture("thread", "amina@lyon.test", "", Look(1280, "dark", "fr"), 900),
    Picture("phone", "gwen@nantes.test", "/", Look(390, "light", "fr"), 780, sharp=2),
)


async def take(demo: Demo, chromium: Chromium, picture: Picture) -> bytes:
    """A picture as PNG; without a path it is the thread at home with most answers."""
    username, domain = picture.who.split("@")
    site = next(one for one in demo.sites if one.about.domain == domain)
    size = {"width": picture.look.width, "height": picture.height}
    async with visitor(
        chromium, picture.look, viewport=size, device_scale_factor=picture.sharp
    ) as tab:
        await _sign_in(tab, site.base_url, username)
        path = picture.path or await tab.ask(_FIND_THREAD)
        await tab.open(site.base_url + path)
        await tab.ask("document.activeElement.blur()")
        taken = await tab.page.screenshot()
    return _small(taken)


async def _sign_in(tab: Tab, base_url: str, username: str) -> None:
    await tab.open(f"{base_url}/auth/sign_in")
    await tab.ask("document.querySelector('#name').focus()")
    await tab.type(username)
    await tab.press("Tab")
    await tab.type(PASSWORD)
    async with tab.loading():
        await tab.press("Enter")


def _small(png: bytes) -> bytes:
    """The same in 256 colours, rare ones like that of a heart among them."""
    drawn = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        few = image.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        few.save(drawn, "PNG", optimize=True)
    return drawn.getvalue()


async def _all(folder: Path) -> None:
    console = Console(stderr=True)
    async with Demo(folder, tls=False, any_port=True, console=console) as demo:
        await demo.prepare()
        await demo.start()
        await demo.act()
        async with Chromium() as chromium:
            for picture in PICTURES:
                png = await take(demo, chromium, picture)
                if len(png) > MOST_BYTES:
                    raise RuntimeError(f"{picture.name} is too large: {len(png)} bytes")
                (FOLDER / f"{picture.name}.png").write_bytes(png)
                console.print(f"docs/images/{picture.name}.png  {len(png) // 1000} kB")


def main() -> int:
    """Writes all pictures; returns the exit code."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fedrse-pictures-") as folder:
        asyncio.run(_all(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
