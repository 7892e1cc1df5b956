"""What all tests of the suite itself share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from suite import SuiteRun, judged  # noqa: E402 - after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def run_suite(tmp_path: Path) -> Callable[..., SuiteRun]:
    """Run the suite with command line arguments; each run has reports of its own."""
    number = iter(range(1000))

    def run(*arguments: object, **options: Any) -> SuiteRun:
        return judged(tmp_path / f"reports-{next(number)}", *arguments, **options)

    return run
