"""What all tests of the suite itself share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from suite import ROOT, SuiteRun

if TYPE_CHECKING:
    from collections.abc import Callable


def joined(arguments: tuple[object, ...]) -> list[str]:
    """Join an option and the path after it with =, as our options must be written."""
    words: list[str] = []
    for argument in arguments:
        if isinstance(argument, Path) and words and words[-1].startswith("--acp-"):
            words[-1] += f"={argument}"
        else:
            words.append(str(argument))
    return words


@pytest.fixture
def run_suite(tmp_path: Path) -> Callable[..., SuiteRun]:
    """Run the suite with command line arguments."""
    number = iter(range(1000))

    def run(
        *arguments: object, cwd: Path = ROOT, environment: dict[str, str] | None = None, timeout: float = 120
    ) -> SuiteRun:
        reports = tmp_path / f"reports-{next(number)}"
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("ACP_", "PYTEST_"))}
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-p",
                "no:cacheprovider",
                f"--acp-reports={reports}",
                *joined(arguments),
            ],
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

    return run
