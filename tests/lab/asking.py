"""Ways to ask lab nodes, for the lab's tests."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lab import Lab, LabNode

TIMEOUT = 120


def ssh(lab: Lab, target: str, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a command by OpenSSH with the lab's configuration, without any question."""
    argv = ["ssh", "-F", str(lab.ssh_config), "-o", "BatchMode=yes", *options, target, command]
    return subprocess.run(
        argv, capture_output=True, text=True, errors="replace", timeout=TIMEOUT, stdin=subprocess.DEVNULL, check=False
    )


def ssh_with_password(lab: Lab, target: str, command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command by OpenSSH, logging in by the lab's password and nothing else."""
    answer = folder / "answer"
    answer.write_text(f"#!/bin/sh\ncat {lab.directory}/sudo-password\n")
    answer.chmod(0o700)
    only_password = ("-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1")
    return subprocess.run(
        ["ssh", "-F", str(lab.ssh_config), *only_password, target, command],
        env={**os.environ, "SSH_ASKPASS": str(answer), "SSH_ASKPASS_REQUIRE": "force"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def said(node: LabNode, command: str) -> str:
    """Give all that a command says in a node, its exit status at the end."""
    done = node.run(command)
    return f"{done.stdout}{done.stderr}[{done.returncode}]"
