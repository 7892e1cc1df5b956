"""A browser and Node.js for tests of reports: skipped with the reason where there is none, and a failure under CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

BROWSER = "chromium-headless-shell"
MODULES = Path(__file__).parent / "browser" / "node_modules"


def needs(*programs: str, modules: bool = False) -> None:
    """Skip, or fail under CI, where a program or npm's modules are missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if modules and not (MODULES / ".ready").is_file():
        missing.append("the modules of tests/browser")
    if missing:
        reason = f"needs {' and '.join(missing)}: run scripts/setup.sh --lab"
        if os.environ.get("CI"):
            pytest.fail(f"CI must run this: {reason}")
        pytest.skip(reason)


def browse(page: Path, *arguments: str) -> str:
    """Open a page without a window and without a network; give what the browser prints."""
    done = subprocess.run(
        [
            BROWSER,
            "--no-sandbox",  # tests run as root, and the page is our own
            "--disable-gpu",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={page.parent / 'browser'}",
            "--virtual-time-budget=20000",
            *arguments,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@cache
def axe() -> str:
    """Give axe-core's script."""
    return (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
