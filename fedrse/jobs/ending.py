"""How work ends when its process stops."""

from __future__ import annotations

import asyncio
from collections.abc import Collection


async def end(
    running: Collection[asyncio.Task[None]], heart: asyncio.Task[None] | None, *, grace: float
) -> None:
    """Lets tasks end for ``grace`` seconds and cancels the others; then ``heart``.

    That one keeps their leases as long as any of them runs.
    """
    if running:
        await asyncio.wait(running, timeout=grace)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    if heart is not None:
        heart.cancel()
        await asyncio.gather(heart, return_exceptions=True)
