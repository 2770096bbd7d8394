"""When something is seen of the home page, and how much it jumps: a slow phone on slow 4G.

The second visit: style sheet and scripts are kept by the browser, the page itself never is.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.measure import report
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.sites.group import make_group
from tests.sites.person import PASSWORD, Person

VISITS = 7
POSTS = 40
SLOWER = 4
# Slow 4G as Lighthouse means it: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up.
LATENCY, DOWN, UP = 150, 1_638_400 / 8, 768_000 / 8
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
SHIFTS = """new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 1500);
})"""


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="fedrse-bench-") as folder:
        group = make_group(Path(folder), 1)
        try:
            reader = group[0].newcomer()
            for number in range(POSTS):
                reader.write(f"Bonjour {number}, avec assez de mots pour deux lignes. " * 3)
            paints, shifts = asyncio.run(_visits(reader))
        finally:
            group.stop()
    report("first_paint", statistics.median(paints), "ms", 1000.0, 1.0, higher=False)
    report("layout_shift", max(shifts), "CLS", 0.05, 1.0, higher=False)


async def _visits(reader: Person) -> tuple[list[float], list[float]]:
    paints, shifts = [], []
    async with Chromium() as chromium, visitor(chromium, Look(width=390)) as tab:
        await _sign_in(tab, reader)
        await tab.call("Emulation.setCPUThrottlingRate", rate=SLOWER)
        await tab.call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=LATENCY,
            downloadThroughput=DOWN,
            uploadThroughput=UP,
        )
        for _ in range(VISITS):
            await tab.open(f"{reader.site.base_url}/")
            shifts.append(float(await tab.ask(SHIFTS)))
            paints.append(float(await tab.ask(FIRST_PAINT)))
    if not all(paints):
        raise RuntimeError("nothing was painted")
    return paints, shifts


async def _sign_in(tab: Tab, reader: Person) -> None:
    await tab.open(f"{reader.site.base_url}/login")
    await tab.ask(f"document.querySelector('[name=name]').value = {reader.email!r}")
    await tab.ask(f"document.querySelector('[name=password]').value = {PASSWORD!r}")
    async with tab.loading():
        await tab.ask("document.querySelector('[name=password]').form.requestSubmit()")


if __name__ == "__main__":
    main()
