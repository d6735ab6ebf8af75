"""Runs `yiquan …` as a person or a script would: in a process of its own, with settings from the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-c", "from api.cli import main; main()")
"""The console script without its file, so that the tests run from any environment that can import the project."""


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the one JSON object it must be under --json."""
        loaded = json.loads(self.out)
        assert isinstance(loaded, dict)
        return loaded


@dataclass(frozen=True)
class CommandLine:
    """The command line of one installation: a database and a data folder."""

    database_url: str
    data_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        """The caller's environment with this installation's settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("YIQUAN_")}
        return inherited | {"DATABASE_URL": self.database_url, "YIQUAN_DATA": str(self.data_dir)}

    def run(self, *words: str | Path) -> Said:
        """Run a command to its end, whatever its status."""
        done = subprocess.run(
            [*PROGRAM, *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def ok(self, *words: str | Path) -> dict[str, Any]:
        """Run a command with --json that must go well, and return its answer."""
        said = self.run(*words, "--json")
        assert said.status == 0, f"{' '.join(map(str, words))}: {said.status}\n{said.out}\n{said.err}"
        return said.document

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
