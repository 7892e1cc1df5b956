"""Starting the programs the lab is made of."""

from __future__ import annotations

import os
import shutil
import subprocess

ENVIRONMENT = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin", "LC_ALL": "C"}
"""What the lab's programs run with: the administrator's tools are found also where the user's PATH lacks them."""

_SAID_LIMIT = 2000


class LabError(Exception):
    """The lab cannot do what it was asked for; the message says why and what to do."""


def need(program: str, package: str) -> None:
    """Make sure that a program is installed.

    Raises:
        LabError: it is not; names the Debian package that brings it.
    """
    if shutil.which(program, path=ENVIRONMENT["PATH"]) is None:
        raise LabError(f"the lab needs {program}; install it with: apt-get install {package}")


def run(*argv: str, given: str | None = None, environment: dict[str, str] | None = None) -> str:
    """Run a program, and give what it prints.

    Args:
        argv: the program and its arguments.
        given: its standard input.
        environment: variables on top of the usual ones.

    Raises:
        LabError: it failed; says how.
    """
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        errors="replace",
        input=given,
        env={**ENVIRONMENT, **(environment or {})},
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-_SAID_LIMIT:]
        raise LabError(f"{' '.join(argv[:6])} ended with {done.returncode}: {said}")
    return done.stdout
