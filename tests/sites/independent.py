"""Starts the independent server: the Fedify application in ``fedify/server.mjs``."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from tests.sites.npm import install, node
from tests.sites.site import free_port
from tests.sites.web import request

SOURCE = Path(__file__).parent / "fedify"
START_SECONDS = 30.0


class FedifyServer:
    """A running server with the actor ``fedi``; ``do`` makes it act."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        self.actor = f"{self.base_url}/users/fedi"
        self.handle = f"fedi@localhost:{self.port}"
        self.log = log

    @property
    def peer(self) -> str:
        return f"localhost:{self.port}"

    def __enter__(self) -> Self:
        folder = install(SOURCE)
        program, _ = node()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, folder / "server.mjs", str(self.port)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while b"ready" not in self.log.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Fedify did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def do(self, action: str, **data: object) -> Any:
        """Lets the application act, see ``control`` in its source. Raises AssertionError."""
        answer = request(
            f"{self.base_url}/control/{action}",
            method="POST",
            headers={"Content-Type": "application/json"},
            body=json.dumps(data).encode(),
        )
        assert answer.status == 200, answer.text
        return answer.json()

    @property
    def state(self) -> dict[str, Any]:
        return dict(self.do("state"))

    def received(self, kind: str) -> list[dict[str, Any]]:
        return [activity for activity in self.state["received"] if activity["type"] == kind]
