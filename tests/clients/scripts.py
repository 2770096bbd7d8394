"""Runs the scripts in ``node/`` and answers their questions; see ``node/harness.mjs``."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.clients.stage import Stage, allow
from tests.features.push.receiver import PushKeys
from tests.sites.npm import install, node
from tests.sites.person import Person
from tests.sites.waiting import until

SOURCE = Path(__file__).parent / "node"
SECONDS = 240.0
Answers = Mapping[str, Callable[..., object]]


def play(script: str, answers: Answers, log: Path) -> list[str]:
    """Runs a script to its end; returns the operations that it has done."""
    folder = install(SOURCE)
    program, _ = node()
    steps: list[str] = []
    failed = "it ended early"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [program, folder / script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    too_late = threading.Timer(SECONDS, process.kill)
    too_late.start()
    try:
        for line in process.stdout:
            message: dict[str, Any] = json.loads(line)
            if "step" in message:
                steps.append(message["step"])
            elif "ask" in message:
                answer = answers[message["ask"]](*message["values"])
                process.stdin.write(json.dumps(answer) + "\n")
                process.stdin.flush()
            else:
                failed = message.get("failed", "")
        code = process.wait(20)
    finally:
        too_late.cancel()
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    assert not failed, f"after {steps}:\n{failed}\n{log.read_text(errors='replace')[-3000:]}"
    assert code == 0
    assert len(set(steps)) == len(steps), "each operation is counted once"
    return steps


def answers_of(stage: Stage, people: Mapping[str, Person], image: Path) -> Answers:
    """What scripts may ask: who there is, and what an app cannot do itself."""
    keys = PushKeys()

    def scene() -> dict[str, Any]:
        found: dict[str, Any] = {"page": stage.page, "picture": str(image)}
        for name, person in people.items():
            found[name] = {
                "url": person.site.base_url,
                "id": person.id,
                "username": person.username,
                "handle": person.handle,
                "token": person.token,
            }
        return found

    def trends(name: str) -> bool:
        stage.trends_are_counted(people[name].site)
        return True

    def pushed(path: str) -> Any:
        def find() -> list[Any]:
            return [one.message(keys) for one in stage.push.pushed if one.path == path]

        return until(find, f"something is pushed to {path}")[0]

    return {
        "scene": scene,
        "allow": lambda name, address: allow(people[name], address),
        "announce": lambda name, text: stage.announce(people[name].site, text),
        "trends": trends,
        "subscription": lambda path: keys.subscription(stage.push.address + path),
        "pushed": pushed,
    }
