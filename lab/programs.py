"""Starting the programs the lab is made of."""

from __future__ import annotations

import os
import shutil
import subprocess

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class LabError(Exception):
    """The lab cannot do what it was asked for; the message says why and what to do."""


def need(program: str, package: str) -> None:
    """Make sure that a program is installed.

    Raises:
        LabError: it is not; names the Debian package that brings it.
    """
    if shutil.which(program, path=_PATH) is None:
        raise LabError(f"the lab needs {program}; install it with: apt-get install {package}")


def run(*argv: str, given: str | None = None) -> str:
    """Run a program, and give what it prints.

    Raises:
        LabError: it failed; says how.
    """
    environment = {**os.environ, "PATH": _PATH, "LC_ALL": "C"}
    done = subprocess.run(
        argv, capture_output=True, text=True, errors="replace", input=given, env=environment, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise LabError(f"{' '.join(argv[:6])} ended with {done.returncode}: {said}")
    return done.stdout
