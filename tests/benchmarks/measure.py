"""What benchmarks share: the bare server, the load generator and the line of a result.

Every figure is a ratio taken in one run on one machine: absolute times mean little on a shared
one. The server under test has one core, the generator the other.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVER_CORE = 0
CLIENT_CORE = 1


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 20) -> None:
    """Returns once somebody listens."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextlib.contextmanager
def bare_server() -> Iterator[int]:
    """Runs the yardstick; the value is its port."""
    port = free_port()
    command = [sys.executable, str(HERE / "bare_server.py"), str(port), str(SERVER_CORE)]
    process = subprocess.Popen(command)
    try:
        wait_for_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def request_bytes(
    method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """A complete HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1"]
    merged = {"Host": "localhost"} | (headers or {})
    if body or method == "POST":
        merged["Content-Length"] = str(len(body))
    lines += [f"{name}: {value}" for name, value in merged.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def load(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int = 32,
    seconds: float = 0,
    count: int = 0,
    tls: str = "",
) -> dict[str, Any]:
    """Runs the generator for some seconds or a number of requests; see ``load.py``."""
    work = {
        "port": port,
        "connections": connections,
        "seconds": seconds,
        "count": count,
        "tls": tls,
        "requests": [base64.b64encode(item).decode() for item in requests],
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "load.py"), str(CLIENT_CORE)],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def bare_rate(connections: int = 32, seconds: float = 2) -> dict[str, Any]:
    """What the yardstick reaches now."""
    with bare_server() as port:
        load(port, [request_bytes("GET", "/")], connections=connections, seconds=0.5)
        return load(port, [request_bytes("GET", "/")], connections=connections, seconds=seconds)


def report(
    name: str, value: float, unit: str, reference: float, bar: float, *, higher: bool = True
) -> None:
    """Prints one figure; ``ok`` tells whether the ratio to the reference meets the bar."""
    ratio = value / reference if reference else 0.0
    line = {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "reference": round(reference, 4),
        "ratio": round(ratio, 4),
        "bar": bar,
        "ok": ratio >= bar if higher else ratio <= bar,
    }
    print(json.dumps(line), flush=True)  # noqa: T201
