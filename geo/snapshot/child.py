"""
Builds a snapshot in a process of its own: `python -m geo.snapshot.child`, with the order as JSON on standard input.

A thread would do the same work, but would hold the interpreter for tens of milliseconds at a time while requests wait.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from geo.errors import YiquanError
from geo.settings import Settings

REFUSED = 3
"""Exit status of a build that said why not; what it said is on standard output."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a build ended: the id of the snapshot, or the reason why there is none."""

    snapshot_id: str | None
    problem: str | None


class BuildProcess:
    """One build under way."""

    def __init__(self, settings: Settings, url: str, slug: str, revision: int) -> None:
        self.slug, self.revision = slug, revision
        self.output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the outcome is read
        # On standard input, not as arguments: the address may hold a password, and arguments can be read by everybody.
        order = {"settings": settings.model_dump(mode="json"), "url": url, "city": slug, "revision": revision}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "geo.snapshot.child"], stdin=subprocess.PIPE, stdout=self.output, cwd=ROOT
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode())
        self.process.stdin.close()

    def has_ended(self) -> bool:
        """Whether the process is over."""
        return self.process.poll() is not None

    def outcome(self) -> Outcome:
        """What came out of a build that has ended."""
        self.output.seek(0)
        said = self.output.read().decode("utf-8", "replace").strip()
        self.output.close()
        if self.process.returncode == 0:
            return Outcome(said, None)
        if self.process.returncode == REFUSED:
            return Outcome(None, said)
        return Outcome(None, f"Building the snapshot ended with status {self.process.returncode}; the log says why.")

    def end(self) -> None:
        """Stop the build; nothing of it was published."""
        if not self.has_ended():
            self.process.kill()
            self.process.wait()
        self.output.close()


def main() -> int:
    """Build as ordered, print the id of the snapshot."""
    from geo.snapshot.build import build_fresh
    from geo.store.engine import make_engine

    order = json.load(sys.stdin)
    engine = make_engine(order["url"])
    try:
        print(build_fresh(engine, Settings(**order["settings"]), order["city"], at_least=order["revision"]))
    except YiquanError as error:
        print(error)
        return REFUSED
    finally:
        engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
