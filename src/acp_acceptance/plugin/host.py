"""Testinfra's ``host`` for a site's own checks: the chosen nodes, over connections that are shared and bounded.

The root ``conftest.py`` names :func:`acp_host` ``host``; only there can the fixture of that name be taken over.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, cast

import pytest
import testinfra
from testinfra.backend.ssh import SshBackend
from testinfra.host import Host

from acp_acceptance.collect import open_ssh
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.text import printable
from acp_acceptance.plugin.acceptance import acceptance_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.backend.base import CommandResult

    from acp_acceptance.collect.openssh import OpenSsh
    from acp_acceptance.inventory import Node
    from acp_acceptance.model.node import NodeFacts

HOST_NODE = "acp_node"
_SSH_FAILED = 255


@pytest.fixture(scope="session")
def acp_node(request: pytest.FixtureRequest) -> Node:
    """The node that a site's own check looks at."""
    node: Node = request.param
    return node


@pytest.fixture(scope="session")
def acp_host(acp_node: Node, pytestconfig: pytest.Config) -> Iterator[Host]:
    """Testinfra's host of the node, of which all modules work (``host.file``, ``host.service``, ...)."""
    run = acceptance_of(pytestconfig)
    if pytestconfig.getoption("acp_snapshot"):
        raise CollectionError(
            "a recorded snapshot is judged, and a site's own checks need the node itself", kind="not-collected"
        )
    facts = cast("NodeFacts", run.snapshot.of("node", acp_node.name))
    if facts.contact.outcome != "answered":
        raise CollectionError("the node could not be reached; see the verdict on that", kind="unreachable")
    if acp_node.connection.backend not in {"ssh", "safe-ssh"}:
        yield testinfra.get_host(acp_node.connection.spec)
        return
    ssh = open_ssh(run.settings, run.folder)
    needs_sudo = acp_node.connection.become is not False and facts.access.rights in {"sudo", "sudo-password"}
    backend = SharedSshBackend(acp_node, ssh, run.settings.deadline, sudo=needs_sudo)
    yield Host(backend)
    backend.close()


class SharedSshBackend(SshBackend):
    """Testinfra's SSH backend over one shared connection, with a deadline for each command and no shell here."""

    def __init__(self, node: Node, ssh: OpenSsh, deadline: float, *, sudo: bool) -> None:
        super().__init__(node.connection.host, sudo=sudo)
        self._node = node
        self._deadline = deadline
        self._environment = ssh.environment(ssh.route(node.connection))
        self._argv = ssh.argv(node.connection, "")[:-1]
        control = ["-o", "ControlMaster=auto", "-o", f"ControlPath={ssh.folder}/%C", "-o", "ControlPersist=60"]
        self._argv[1:1] = control

    def run_ssh(self, command: str) -> CommandResult:
        """Run a command on the node.

        Raises:
            CollectionError: the connection failed, or the command did not end in time.
        """
        try:
            done = subprocess.run(  # noqa: S603 - the argument list is ours; the command is the check's
                [*self._argv, command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._deadline,
                env=self._environment,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CollectionError(
                f"a command did not end within {self._deadline:.0f} s: {printable(command)}", kind="deadline"
            ) from error
        if done.returncode == _SSH_FAILED:
            raise CollectionError(
                f"the SSH connection failed: {printable(done.stderr.decode('utf-8', 'replace'))}", kind="unreachable"
            )
        return self.result(done.returncode, command.encode(), done.stdout, done.stderr)

    def get_pytest_id(self) -> str:
        """Name the node as the inventory does."""
        return self._node.name

    def close(self) -> None:
        """End the shared connection."""
        end = self._argv.index("--")
        argv = [*self._argv[:end], "-O", "exit", *self._argv[end:]]
        subprocess.run(argv, capture_output=True, timeout=10, check=False, env=self._environment)  # noqa: S603 - ours
