"""Collecting one node: one connection, one probe, and what it prints."""

from __future__ import annotations

import base64
import os
import threading
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import testinfra

from acp_acceptance.collect.node_facts import OUTPUT_CAP, FactMaker, no_facts, outcome_of
from acp_acceptance.collect.probe import (
    LONE_SECTIONS,
    MESH_SECTIONS,
    SECTION_SECONDS,
    Probe,
    make_probe,
    more_of,
    sections,
)
from acp_acceptance.collect.process import Conversation, Terms
from acp_acceptance.collect.told import proof_seconds
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.sections import Section, read_probe
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence

    from acp_acceptance.collect.openssh import OpenSsh, Route
    from acp_acceptance.collect.process import Processes
    from acp_acceptance.inventory import Node
    from acp_acceptance.model.node import NodeFacts


@dataclass
class NodeCollector:
    """Collects nodes, each in a thread of its own.

    Attributes:
        ssh: how OpenSSH reaches them.
        processes: where running programs are kept, so that they can be ended.
        deadline: seconds for one node, from connecting to the probe's end.
        sudo_password: for sudo; empty where none was given.
        values_for: what the probe is told on a node.
        keeps: connections that are kept for the second round trip; those that lead through a jump host are not, since
            it may serve only so many.
    """

    ssh: OpenSsh
    processes: Processes
    deadline: float
    sudo_password: str
    values_for: Callable[[Node], Mapping[str, str]]
    keeps: int = 0
    _kept: dict[str, tuple[Probe, subprocess.Popen[bytes]]] = field(default_factory=dict, init=False)
    _maker: FactMaker = field(default_factory=FactMaker, init=False)

    def collect(self, node: Node, route: Route | None) -> NodeFacts:
        """Collect one node. Never raises: one node must not cost the others, whatever it or the runner does."""
        # So many threads may ask at once that a few more are kept than were meant.
        kept = route is not None and not route.jump and len(self._kept) < self.keeps

        def ask() -> tuple[Probe, Conversation]:
            probe = make_probe(
                become=node.connection.become,
                values=self.values_for(node),
                limits={"package_proof": proof_seconds(self.deadline)},
            )
            talk = self._talk(node, route, probe, kept=kept)
            if talk.kept is not None:
                self._kept[node.name] = (probe, talk.kept)
            return probe, talk

        return self._asked(node, route, list(sections()), ask)

    def measure_between(
        self, node: Node, route: Route | None, values: Mapping[str, str], names: Sequence[str]
    ) -> NodeFacts:
        """Have a node measure the way to its peers: the facts of these sections, and only those. Never raises."""
        limits = {name: seconds for name, seconds in MESH_SECTIONS.items() if name in names}

        def ask() -> tuple[Probe, Conversation]:
            if node.name in self._kept:
                first, process = self._kept.pop(node.name)
                talk = self._redacted(self.processes.go_on(process, self._terms(first, more_of(values, limits))))
                # Without a word, the connection was lost in the meantime.
                if talk.stdout or talk.ended:
                    return first, talk
            probe = make_probe(become=node.connection.become, values=values, only=limits)
            return probe, self._talk(node, route, probe)

        return self._asked(node, route, list(names), ask)

    def close(self) -> None:
        """End the connections that were kept and not used."""
        while self._kept:
            _, (_, process) = self._kept.popitem()
            self.processes.end(process)

    def section(
        self, node: Node, route: Route | None, name: str, values: Mapping[str, str] = MappingProxyType({})
    ) -> Section:
        """Read one section of the probe that is no fact; it is told some values, and what it holds is not kept.

        Raises:
            CollectionError: the node was not reached, or the section did not come.
            OSError: the runner has no ssh.
        """
        seconds = LONE_SECTIONS.get(name, SECTION_SECONDS)
        probe = make_probe(become=node.connection.become, values=values, only={name: seconds})
        talk = self._talk(node, route, probe)
        output = read_probe(talk.stdout, talk.stderr, probe.nonce)
        if name not in output.sections:
            outcome, detail = outcome_of(output, talk, probe.nonce)
            raise CollectionError(f"{node.name} could not be asked ({outcome}): {detail}", kind="unreachable")
        return output.sections[name]

    def _asked(
        self, node: Node, route: Route | None, names: list[str], ask: Callable[[], tuple[Probe, Conversation]]
    ) -> NodeFacts:
        where = str(route) if route else node.connection.spec
        try:
            probe, talk = ask()
            return self._maker.facts(node.name, where, probe.nonce, talk, names)
        except Exception as error:  # noqa: BLE001 - a runner without ssh, a backend that raises: said, never hidden
            reason = f"the runner could not collect it ({type(error).__name__}: {error})"
            return no_facts(node.name, Problem("no-client", printable(reason)))

    def _talk(self, node: Node, route: Route | None, probe: Probe, *, kept: bool = False) -> Conversation:
        if node.connection.backend in {"ssh", "safe-ssh", "local"}:
            talk = self._converse(node, probe, route, kept=kept)
        else:
            talk = _by_testinfra(node, probe, self.deadline)
        return self._redacted(talk)

    def _redacted(self, talk: Conversation) -> Conversation:
        for secret in filter(None, (self.ssh.password, self.sudo_password)):
            # A node may say back what it was told.
            talk.stdout = talk.stdout.replace(secret.encode(), b"[redacted]")
            talk.stderr = talk.stderr.replace(secret.encode(), b"[redacted]")
        return talk

    def _converse(self, node: Node, probe: Probe, route: Route | None, *, kept: bool) -> Conversation:
        if route is None:
            argv, environment = ["/bin/sh", "-c", probe.command], dict(os.environ)
        else:
            argv, environment = self.ssh.argv(node.connection, probe.command), self.ssh.environment(route)
        terms = self._terms(probe, self.sudo_password.encode() + b"\n" + probe.script, kept=kept)
        return self.processes.converse(argv, environment, terms)

    def _terms(self, probe: Probe, answer: bytes, *, kept: bool = False) -> Terms:
        return Terms(
            greeting=f"{probe.nonce} say hello".encode(),
            answer=answer,
            farewell=probe.farewell,
            deadline=self.deadline,
            cap=OUTPUT_CAP,
            kept=kept,
        )


def _by_testinfra(node: Node, probe: Probe, deadline: float) -> Conversation:
    """Run the probe through another of Testinfra's backends, as far as it goes.

    These give no standard input and no deadline: the script travels base64-encoded on the command line, sudo with a
    password is not possible, and what does not end in time is left to end by itself.
    """
    host = testinfra.get_host(node.connection.spec, ssh_config=node.connection.ssh_config)
    encoded = base64.b64encode(b"\n" + probe.script).decode("ascii")
    command = f"echo {encoded} | base64 -d | {probe.command}"
    talk = Conversation()

    def run() -> None:
        try:
            result = host.backend.run(command)
        except Exception as error:  # noqa: BLE001 - what a backend raises says why the node was not reached
            talk.stderr, talk.status = str(error).encode(), None
        else:
            talk.stdout, talk.stderr, talk.status = result.stdout_bytes, result.stderr_bytes, result.rc

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(deadline)
    if thread.is_alive():
        return Conversation(ended="deadline", seconds=deadline)
    return talk
