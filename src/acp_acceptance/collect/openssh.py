"""OpenSSH as a transport: its options, its passwords, and what its messages mean."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from acp_acceptance.inventory import Connection

# Fixed for every connection: one attempt, no questions, nothing forwarded, no master process left behind. A master
# connection that the user already has is used.
_OPTIONS = (
    "ConnectionAttempts=1",
    "NumberOfPasswordPrompts=1",
    "LogLevel=ERROR",
    "ControlMaster=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
)

# Answers a question for the password of the one host it is for, once for each connection; everything else (a key's
# passphrase, a jump host's password, a second try) gets no answer.
_ASKPASS = """#!/bin/sh
case $1 in
  *@*) case $1 in *"@$ACP_ASKPASS_HOST"[\\'\\)]*) ;; *) exit 1 ;; esac ;;
esac
case $1 in *assword*) ;; *) exit 1 ;; esac
set -C
{ : >"$ACP_ASKPASS_FOLDER/$PPID"; } 2>/dev/null || exit 1
printf '%s\\n' "$ACP_ASKPASS_PASSWORD"
"""

_MEANINGS = (
    ("changed-host-key", r"REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed"),
    ("unknown-host-key", r"Host key verification failed|No .* host key is known"),
    ("denied", r"Permission denied|Too many authentication failures|No supported authentication|Authentication failed"),
    ("unresolved", r"Could not resolve hostname|Name or service not known"),
    ("refused", r"Connection refused|Unable to connect to port"),
    ("no-answer", r"timed out|Timeout, server"),
    ("no-route", r"No route to host|Network is unreachable|Host is down|Cannot assign requested address"),
    ("closed", r"Connection closed|Connection reset|kex_exchange_identification|Broken pipe|banner exchange"),
)
_LOCAL_FAULTS = re.compile(
    r"Bad configuration option|Bad owner or permissions|unsupported option|percent_expand|no argument"
)


def meaning_of(message: str) -> str | None:
    """Tell what an SSH client's message means; ``None`` where it is none of the known ones.

    Returns:
        An outcome of :class:`~acp_acceptance.model.access.Contact`, or ``local-fault`` where the client's own
        configuration is wrong.
    """
    if _LOCAL_FAULTS.search(message):
        return "local-fault"
    return next((outcome for outcome, pattern in _MEANINGS if re.search(pattern, message)), None)


def last_words(message: str) -> str:
    """Give the line of an SSH client's message that says why."""
    lines = [line.strip() for line in message.splitlines() if line.strip(" @\r\t")]
    decisive = [line for line in lines if meaning_of(line)]
    return (decisive or lines or [""])[-1]


@dataclass(frozen=True)
class Route:
    """What OpenSSH makes of a host's name with all of its configuration.

    Attributes:
        host: name or address it connects to.
        user: whom it logs in as.
        port: number, as text.
        jump: what lies between (``ProxyJump`` or ``ProxyCommand``); empty where the connection is direct.
    """

    host: str
    user: str
    port: str
    jump: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}" + (f":{self.port}" if self.port != "22" else "")


@dataclass
class OpenSsh:
    """How all nodes of a run are reached by OpenSSH.

    Attributes:
        folder: private folder for the askpass program; exists as long as the run.
        connect_timeout: seconds for the connection to be made.
        accept_new: host keys of first contacts are accepted and kept.
        password: for SSH; empty where none was given, and then none is asked for.
    """

    folder: Path
    connect_timeout: int = 10
    accept_new: bool = False
    password: str = field(default="", repr=False)

    def argv(self, connection: Connection, command: str) -> list[str]:
        """Give the whole command line for one node; nothing secret is on it."""
        # OpenSSH takes the first value it meets: ours that must hold stand before the user's, the others behind.
        firm = [*_OPTIONS, f"BatchMode={'no' if self.password else 'yes'}"]
        firm += ["StrictHostKeyChecking=accept-new"] if self.accept_new else []
        soft = [f"ConnectTimeout={self.connect_timeout}"]
        return ["ssh", "-T", *_flags(firm), *_where(connection), *_flags(soft), "--", connection.host, command]

    def route(self, connection: Connection) -> Route:
        """Ask OpenSSH where a connection leads. Nothing is connected to.

        Raises:
            OSError: there is no ssh here.
            ValueError: OpenSSH refuses its own configuration; the message says why.
        """
        argv = ["ssh", "-G", *_where(connection), "--", connection.host]
        asked = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=30, check=False)  # noqa: S603 - ours
        if asked.returncode:
            raise ValueError(last_words(asked.stderr) or "ssh -G failed")
        values = dict(line.split(" ", 1) for line in asked.stdout.splitlines() if " " in line)
        jump = next((values[key] for key in ("proxyjump", "proxycommand") if values.get(key, "none") != "none"), "")
        return Route(values.get("hostname", connection.host), values.get("user", ""), values.get("port", "22"), jump)

    def environment(self, route: Route) -> dict[str, str]:
        """Give the environment for one connection: the runner's, and how to answer a password question."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SSH_ASKPASS")}
        environment["LC_ALL"] = "C"
        if self.password:
            environment |= {
                "SSH_ASKPASS": str(self._askpass),
                "SSH_ASKPASS_REQUIRE": "force",
                "DISPLAY": os.environ.get("DISPLAY", "none"),  # OpenSSH before 8.4 asks a program only with a display
                "ACP_ASKPASS_HOST": route.host,
                "ACP_ASKPASS_FOLDER": str(self.folder),
                "ACP_ASKPASS_PASSWORD": self.password,
            }
        return environment

    @cached_property
    def _askpass(self) -> Path:
        program = self.folder / "askpass"
        program.touch(mode=0o700)
        program.write_text(_ASKPASS, encoding="ascii")
        return program


def _flags(options: Sequence[str]) -> list[str]:
    return [word for option in options for word in ("-o", option)]


def _where(connection: Connection) -> list[str]:
    """Give the arguments that say where and as whom."""
    return [
        *(["-F", str(Path(connection.ssh_config).expanduser())] if connection.ssh_config else []),
        *connection.ssh_args,
        *(["-i", str(Path(connection.identity_file).expanduser())] if connection.identity_file else []),
        *(["-o", f"User={connection.user}"] if connection.user else []),
        *(["-o", f"Port={connection.port}"] if connection.port else []),
    ]
