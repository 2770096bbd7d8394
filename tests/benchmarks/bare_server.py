"""The yardstick: an aiohttp hello-world without middleware, on uvloop, pinned to one core.

``python bare_server.py PORT CORE``
"""

from __future__ import annotations

import asyncio
import os
import sys

import uvloop
from aiohttp import web

BODY = b'{"hello":"world"}'


async def hello(_request: web.BaseRequest) -> web.Response:
    return web.Response(body=BODY, content_type="application/json")


async def main(port: int) -> None:
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", hello)  # type: ignore[arg-type]
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    uvloop.run(main(int(sys.argv[1])))
