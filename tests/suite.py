"""Running the suite as a user does, and reading what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
ALONE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child") if os.geteuid() == 0 else ()
"""Command that runs commands where other processes of this machine are not seen: labs run Kubernetes meanwhile."""


@dataclass
class SuiteRun:
    """A run of the suite in a process of its own, as a user starts it."""

    status: int
    output: str
    reports: Path

    @property
    def folder(self) -> Path:
        """The run's folder."""
        (found,) = (
            path
            for path in self.reports.glob("*/*")
            if path.is_dir() and path.name != "history" and not path.name.startswith(".")
        )
        return found

    @property
    def results(self) -> dict[str, Any]:
        """The record."""
        document: dict[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return document

    def outcomes(self, requirement: str = "") -> dict[tuple[str, str], str]:
        """Outcome by requirement and target, of one requirement or all."""
        return {
            (verdict["requirement"], verdict["target"]): verdict["outcome"]
            for verdict in self.results["verdicts"]
            if requirement in {"", verdict["requirement"]}
        }

    def with_outcome(self, *outcomes: str) -> set[tuple[str, str]]:
        """Requirement and target of all verdicts with one of these outcomes."""
        return {key for key, outcome in self.outcomes().items() if outcome in outcomes}


def judged(
    reports: Path,
    *arguments: object,
    cwd: Path = ROOT,
    environment: dict[str, str] | None = None,
    timeout: float = 240,
    inside: Sequence[str] = (),
) -> SuiteRun:
    """Run the suite in a process of its own, and give what came of it; ``inside`` is a command that runs commands."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("ACP_", "PYTEST_"))}
    command = [
        *inside,
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--acp-reports={reports}",
        # Laying a report out takes longer than a small run; tests of reports, and of Allure, ask for it after this.
        "--acp-report=none",
        "--acp-allure=never",
        *_joined(arguments),
    ]
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, "COLUMNS": "120", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )
    return SuiteRun(done.returncode, done.stdout, reports)


def _joined(arguments: tuple[object, ...]) -> list[str]:
    """Join an option and the path after it with =, as our options must be written."""
    words: list[str] = []
    for argument in arguments:
        if isinstance(argument, Path) and words and words[-1].startswith("--acp-"):
            words[-1] += f"={argument}"
        else:
            words.append(str(argument))
    return words
