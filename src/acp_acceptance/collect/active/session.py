"""One active task on one node: over a connection whose standard input is held open as the sign of life."""

from __future__ import annotations

import os
import secrets
import shlex
import socket
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from acp_acceptance.collect.process import Terms
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.sections import Section, read_probe
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from acp_acceptance.collect.openssh import OpenSsh, Route
    from acp_acceptance.collect.process import Processes
    from acp_acceptance.inventory import Node
    from acp_acceptance.model.node import NodeFacts

_OUTPUT_CAP = 4 * 2**20
_GRACE = 20.0
"""Seconds after the node's own bound, until the runner gives the connection up."""

# What the login shell runs; understood by any of them, hence no single quote in it. The first line of standard input is
# the sudo password or empty; what follows it is the script, and then nothing, as long as somebody is there.
_RECEIVER = (
    'say() { printf "\\n%s say %s %s\\n" "$0" "$1" "$(date +%s)"; }; say hello; IFS= read -r secret; '
    "run=ACP_ACTIVE=$(($(date +%s) + $2))-$0; case $1 in "
    'root) exec env "$run" sh -c "$3" "$0" ;; '
    'sudo) exec sudo -n -- env "$run" sh -c "$3" "$0" ;; '
    # The cat does not notice that what it feeds has ended.
    '*) { printf "%s\\n" "$secret"; cat; } | { sudo -S -k -p "" -- env "$run" sh -c "$3" "$0"; kill 0; } ;; esac'
)
_READER = (
    'while IFS= read -r line && [ "$line" != "$0" ]; do :; done; script= feed=$(printf "\\n_"); feed=${feed%%_}; '
    'while IFS= read -r line && [ "$line" != "$0 end" ]; do script=$script$line$feed; done; '
    'nonce=$0; eval "$script"'
).replace("%%", "%")


@dataclass(frozen=True)
class Task:
    """What is to be done on a node.

    Attributes:
        name: of the function of active.sh.
        limit: seconds after which the node itself ends everything.
        variables: for the script.
        secret: the word by which both ends of a connection know each other; empty where there is none.
    """

    name: str
    limit: int
    variables: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default="", repr=False)

    def script(self, nonce: str) -> bytes:
        """Give what is sent on standard input after the password's line."""
        variables = {"task": self.name, "limit": str(self.limit), "folders": "", **self.variables}
        if self.name == "peer":
            variables |= {"python_program": _text("peer.python"), "perl_program": _text("peer.perl")}
        lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        lines.append(f"export ACP_SECRET={shlex.quote(self.secret)}")
        return "\n".join([nonce, *lines, _text("active.sh"), f"{nonce} end", ""]).encode()


@cache
def _text(name: str) -> str:
    """Read a program for nodes; comments and blank lines are for people."""
    text = (resources.files("acp_acceptance.collect.active") / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))


@dataclass
class Sessions:
    """Runs tasks on nodes.

    Attributes:
        ssh: how OpenSSH reaches them.
        processes: where running programs are kept, so that they can be ended.
        sudo_password: for sudo; empty where none was given.
        routes: of nodes that OpenSSH reaches; ``None`` for the runner itself.
        facts: what the probe found of a node, by its name.
    """

    ssh: OpenSsh
    processes: Processes
    sudo_password: str = field(repr=False)
    routes: Mapping[str, Route | None]
    facts: Callable[[str], NodeFacts]

    def address(self, node: Node) -> str:
        """Give the address at which other nodes reach a node: the one it is reached at, which they may not resolve."""
        route = self.routes.get(node.name)
        host = route.host if route else node.address
        try:
            return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
        except OSError:
            return host

    def is_usable(self, node: Node) -> bool:
        """Tell whether anything can be run on a node."""
        try:
            self._rights(node)
        except CollectionError:
            return False
        return True

    def run(
        self,
        node: Node,
        task: Task,
        *,
        held: threading.Event,
        heard: Callable[[bytes], None] | None = None,
    ) -> Section:
        """Run a task on a node until it ends, or until ``held`` is set.

        Raises:
            CollectionError: it could not be run there; says why.
            OSError: the runner has no ssh.
        """
        mode = self._rights(node)
        nonce = f"acp-{secrets.token_hex(12)}"
        command = f"sh -c '{_RECEIVER}' {nonce} {mode} {task.limit} '{_READER}'"
        route = self.routes[node.name]
        argv = self.ssh.argv(node.connection, command) if route else ["/bin/sh", "-c", command]
        terms = Terms(
            greeting=f"{nonce} say hello".encode(),
            answer=self.sudo_password.encode() + b"\n" + task.script(nonce),
            farewell=f"{nonce} say complete".encode(),
            deadline=task.limit + _GRACE,
            cap=_OUTPUT_CAP,
            held=held,
            heard=heard,
        )
        talk = self.processes.converse(argv, self.ssh.environment(route) if route else os.environ, terms)
        output = read_probe(self._without_secrets(talk.stdout), self._without_secrets(talk.stderr), nonce)
        if talk.ended == "interrupted":
            raise CollectionError("the run was interrupted", kind="interrupted")
        if "refused" in output.words:
            raise CollectionError(printable(output.words["refused"]))
        if "active" not in output.sections:
            said = printable(self._without_secrets(talk.stderr).decode("utf-8", "replace"), limit=200)
            raise CollectionError(f"the active checks did not begin ({said or talk.ended or 'no answer'})")
        return output.sections["active"]

    def _rights(self, node: Node) -> str:
        facts = self.facts(node.name)
        if facts.contact.outcome != "answered":
            raise CollectionError("the node could not be reached; see the verdict on that", kind="unreachable")
        if node.name not in self.routes:
            raise CollectionError(
                "the active checks go over OpenSSH only, and this node is reached in another way", kind="no-access"
            )
        if facts.access.rights == "none":
            raise CollectionError(
                f"the active checks need root rights ({facts.access.detail or 'no sudo'})", kind="no-rights"
            )
        return facts.access.rights

    def _without_secrets(self, data: bytes) -> bytes:
        for secret in filter(None, (self.ssh.password, self.sudo_password)):
            data = data.replace(secret.encode(), b"[redacted]")
        return data
