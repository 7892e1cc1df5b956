"""Collecting one node: one connection, one probe, everything it prints made into facts."""

from __future__ import annotations

import base64
import os
import re
import threading
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import testinfra

from acp_acceptance.collect.openssh import last_words, meaning_of
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
from acp_acceptance.model.access import Access, Contact
from acp_acceptance.model.identity import Clock
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.sections import ProbeOutput, Section, read_probe
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping, Sequence

    from acp_acceptance.collect.openssh import OpenSsh, Route
    from acp_acceptance.collect.process import Processes
    from acp_acceptance.inventory import Node

Alike = dict[bytes, object]
"""Facts by the digest of their section: what thousands of nodes have alike (packages, hosts files) is kept once."""

OUTPUT_CAP = 16 * 2**20
"""Bytes that are read from one stream of one node."""

_TIME_DIGITS = 12


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
    _alike: Alike = field(default_factory=dict, init=False)

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
            outcome, detail = _outcome(output, talk, probe.nonce)
            raise CollectionError(f"{node.name} could not be asked ({outcome}): {detail}", kind="unreachable")
        return output.sections[name]

    def _asked(
        self, node: Node, route: Route | None, names: list[str], ask: Callable[[], tuple[Probe, Conversation]]
    ) -> NodeFacts:
        where = str(route) if route else node.connection.spec
        try:
            return facts_from(node.name, where, *ask(), names, self._alike)
        except Exception as error:  # noqa: BLE001 - a runner without ssh, a backend that raises: said, never hidden
            reason = f"the runner could not collect it ({type(error).__name__}: {error})"
            return _nothing(node.name, Problem("no-client", printable(reason)))

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


_UNREACHED = Problem("unreachable", "the node could not be reached; see the verdict on that")


def facts_from(  # noqa: PLR0913, PLR0917 - what was exchanged, with whom, and what is wanted of it
    name: str,
    where: str,
    probe: Probe,
    talk: Conversation,
    names: Sequence[str] | None = None,
    alike: Alike | None = None,
) -> NodeFacts:
    """Make facts of what was exchanged with a node; what is missing becomes a problem with its reason.

    Args:
        name: the node's.
        where: how it was reached.
        probe: what it was asked.
        talk: what it said.
        names: of the facts that are made; those of the first round trip unless said.
        alike: facts of other nodes, which is added to.
    """
    alike = {} if alike is None else alike
    output = read_probe(talk.stdout, talk.stderr, probe.nonce)
    outcome, detail = _outcome(output, talk, probe.nonce)
    if outcome == "interrupted":
        return _nothing(name, Problem("interrupted", "the run was interrupted while it was collected"))
    if outcome == "local-fault":
        return _nothing(name, Problem("no-client", f"the runner's SSH client refuses its configuration: {detail}"))
    values: dict[str, Any] = {
        "contact": Contact(outcome, detail, where, round(talk.seconds, 3)),
        "access": _access(output),
        "clock": _clock(output, talk),
    }
    wanted = sections() if names is None else names
    for fact_name, fact in NodeFacts.declared().items():
        if fact.parse is not None and fact_name in wanted:
            section = output.sections.get(fact_name)
            if section is None and output.sections:
                values[fact_name] = Problem("cut-off", f"the probe ended before it ({detail or outcome})")
            else:
                values[fact_name] = _UNREACHED if section is None else _parsed(fact.parse, section, output.words, alike)
    if set(wanted).isdisjoint(MESH_SECTIONS):
        later = Problem("not-collected", "its cluster has no other node, or the run ended before the second round trip")
        values |= dict.fromkeys(MESH_SECTIONS, later if outcome == "answered" else _UNREACHED)
    return NodeFacts(name, values)


def _nothing(name: str, problem: Problem) -> NodeFacts:
    return NodeFacts(name, dict.fromkeys(NodeFacts.declared(), problem))


def _parsed(parse: Any, section: Section, words: dict[str, str], alike: Alike) -> object:  # noqa: ANN401 - any fact's parser
    """Parse one section; whatever a parser stumbles over in a node's output is a problem of that fact."""
    digest = section.digest
    if digest in alike:
        return alike[digest]
    try:
        alike[digest] = parse(section)
        return alike[digest]
    except CollectionError as error:
        reason, kind = str(error), error.kind
        if section.status is None:
            reason, kind = f"it did not end within its time limit ({reason})", "deadline"
        if words.get("rights") == "none" and re.search("denied|not permitted", reason, re.IGNORECASE):
            reason += f"; the probe ran without root rights ({words.get('refused', 'no sudo')})"
            kind = "no-rights"
        return Problem(kind, printable(reason))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        return Problem("unparsable", printable(f"its output has an unknown form ({type(error).__name__}: {error})"))


def _outcome(output: ProbeOutput, talk: Conversation, nonce: str) -> tuple[str, str]:
    """Tell how the contact went: an outcome of Contact, ``interrupted`` or ``local-fault``, and the words for it."""
    # What stands after the last marker is the SSH client's or the login shell's, not the probe's.
    said = talk.stderr.rpartition(nonce.encode())[2].decode("utf-8", "replace")
    detail = printable(last_words(said), limit=300)
    if talk.ended == "interrupted":
        return "interrupted", ""
    if output.complete and not talk.ended:
        return "answered", ""
    if talk.ended == "deadline":
        state = "no answer yet" if talk.greeted is None else "the probe had begun"
        return "deadline", f"{talk.seconds:.0f} s, {state}"
    if talk.ended == "too-much-output":
        return "too-much-output", f"{OUTPUT_CAP // 2**20} MiB"
    if talk.greeted is None:
        shown = printable(talk.stdout.decode("utf-8", "replace"), limit=300)
        return meaning_of(said) or "no-shell", detail or shown or f"exit status {talk.status}"
    return "cut-off", detail or f"exit status {talk.status}"


def _access(output: ProbeOutput) -> Access | Problem:
    words = output.words
    if "rights" not in words:
        return _UNREACHED
    return Access(
        printable(words.get("user", "")),
        words["rights"],
        printable(words.get("refused", "")),
        printable(words.get("arrived", ""), limit=64),
    )


def _clock(output: ProbeOutput, talk: Conversation) -> Clock | Problem:
    """Bound the node's clock against the runner's.

    The node read its clock after our answer was sent and before the first bytes after it were seen. (The earlier
    reading, with the greeting, can only tighten that.)
    """
    if talk.answered is None or talk.greeted is None or talk.confirmed is None:
        if not output.sections:
            return _UNREACHED
        return Problem("unreadable", "this kind of connection cannot time it; use ssh")
    earlier, later = _reading(output.words.get("hello", "")), _reading(output.words.get("clock", ""))
    if earlier is None or later is None:
        return Problem("unreadable", "the node's date command gave no time")
    (hello, _), (clock, resolution) = earlier, later
    lowest = max(clock - talk.confirmed, hello - talk.greeted)
    highest = clock + resolution - talk.answered
    return Clock(round((lowest + highest) / 2, 6), round(max(highest - lowest, 0.0) / 2, 6))


def _reading(text: str) -> tuple[float, float] | None:
    """Read ``date +%s.%N``; busybox may not know ``%N``, and then a reading is right within a second."""
    seconds, _, fraction = text.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= _TIME_DIGITS):
        return None
    return (float(f"{seconds}.{fraction}"), 0.0) if fraction.isdigit() else (float(seconds), 1.0)


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
