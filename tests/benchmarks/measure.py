"""What benchmarks share: the bare server, the load generator and the line of a result.

Every figure is a ratio taken in one run on one machine: absolute times mean little on a shared
one. The server under test has one core, the generator the other.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVER_CORE = 0
CLIENT_CORE = 1
TICKS = os.sysconf("SC_CLK_TCK")


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
def bare_server() -> Iterator[tuple[int, int]]:
    """Runs the yardstick; the value is its port and its process."""
    port = free_port()
    command = [sys.executable, str(HERE / "bare_server.py"), str(port), str(SERVER_CORE)]
    process = subprocess.Popen(command)
    try:
        wait_for_port(port)
        yield port, process.pid
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


def check(result: dict[str, Any], status: str = "200") -> None:
    """Raises RuntimeError unless every answer was as it should be."""
    if set(result["statuses"]) != {status}:
        raise RuntimeError(f"answers: {result['statuses']}")


class Yardstick:
    """The bare server, looked at again and again between the parts of what it is compared with.

    A shared machine changes its pace from one second to the next: only what was measured at the
    same time may be compared.
    """

    def __init__(self, port: int, pid: int, connections: int) -> None:
        self._port = port
        self._pid = pid
        self._connections = connections
        self._request = [request_bytes("GET", "/")]
        self._count = self._used = 0.0
        self._rates: list[float] = []
        self._medians: list[float] = []
        load(port, self._request, connections=connections, seconds=0.5)

    def look(self, seconds: float = 0.7) -> None:
        """Measures it now."""
        before = cpu_of(self._pid)
        result = load(self._port, self._request, connections=self._connections, seconds=seconds)
        self._used += cpu_of(self._pid) - before
        self._count += result["count"]
        self._rates.append(result["rate"])
        self._medians.append(result["median"])

    @property
    def rate(self) -> float:
        """Requests per second."""
        return statistics.fmean(self._rates)

    @property
    def per_cpu(self) -> float:
        """Requests per second of processor time.

        The same where the server has its core for itself. Where it shares it with others, only
        this says something.
        """
        return self._count / self._used

    @property
    def median(self) -> float:
        """Milliseconds of a request."""
        return statistics.median(self._medians)


@contextlib.contextmanager
def yardstick(connections: int = 32) -> Iterator[Yardstick]:
    """Runs the yardstick beside what is measured."""
    with bare_server() as (port, pid):
        yield Yardstick(port, pid, connections)


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a process and all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(pid: int) -> float:
    """Resident memory in megabytes (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(pid)


def report(
    name: str,
    value: float,
    unit: str,
    reference: float,
    bar: float,
    *,
    higher: bool = True,
    **more: float,
) -> None:
    """Prints one figure; ``ok`` tells whether the ratio to the reference meets the bar.

    ``more`` stands in the line for those who read it, without a bar of its own.
    """
    ratio = value / reference if reference else 0.0
    line: dict[str, object] = {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "reference": round(reference, 4),
        "ratio": round(ratio, 4),
        "bar": bar,
        "ok": ratio >= bar if higher else ratio <= bar,
    }
    line |= {key: round(number, 4) for key, number in more.items()}
    print(json.dumps(line), flush=True)  # noqa: T201
