"""Making facts of what a node printed: its sections parsed, its clock bounded, and how the contact with it went."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from acp_acceptance.collect.openssh import last_words, meaning_of
from acp_acceptance.collect.probe import MESH_SECTIONS, sections
from acp_acceptance.model.access import Access, Contact
from acp_acceptance.model.identity import Clock
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.sections import ProbeOutput, Section, read_probe
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from acp_acceptance.collect.process import Conversation

OUTPUT_CAP = 16 * 2**20
"""Bytes that are read from one stream of one node."""

_TIME_DIGITS = 12
_UNREACHED = Problem("unreachable", "the node could not be reached; see the verdict on that")


class FactMaker:
    """Makes facts of what nodes print.

    What thousands of them print alike (packages, hosts files) is made and kept once.
    """

    def __init__(self) -> None:
        self._made: dict[bytes, object] = {}

    def facts(
        self, name: str, where: str, nonce: str, talk: Conversation, names: Sequence[str] | None = None
    ) -> NodeFacts:
        """Make facts of what was exchanged with a node; what is missing becomes a problem with its reason.

        Args:
            name: the node's.
            where: how it was reached.
            nonce: the word its marker lines begin with.
            talk: what it said.
            names: of the facts that are made; those of the first round trip unless said.
        """
        output = read_probe(talk.stdout, talk.stderr, nonce)
        outcome, detail = outcome_of(output, talk, nonce)
        if outcome == "interrupted":
            return no_facts(name, Problem("interrupted", "the run was interrupted while it was collected"))
        if outcome == "local-fault":
            return no_facts(name, Problem("no-client", f"the runner's SSH client refuses its configuration: {detail}"))
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
                    values[fact_name] = (
                        _UNREACHED if section is None else self._made_of(fact.parse, section, output.words)
                    )
        if set(wanted).isdisjoint(MESH_SECTIONS):
            later = Problem(
                "not-collected", "its cluster has no other node, or the run ended before the second round trip"
            )
            values |= dict.fromkeys(MESH_SECTIONS, later if outcome == "answered" else _UNREACHED)
        return NodeFacts(name, values)

    def _made_of(self, parse: Callable[[Section], object], section: Section, words: dict[str, str]) -> object:
        """Parse one section; whatever a parser stumbles over in a node's output is a problem of that fact."""
        digest = section.digest
        if digest in self._made:
            return self._made[digest]
        try:
            self._made[digest] = parse(section)
            return self._made[digest]
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


def no_facts(name: str, problem: Problem) -> NodeFacts:
    """Give a node of which nothing could be made, for one reason."""
    return NodeFacts(name, dict.fromkeys(NodeFacts.declared(), problem))


def outcome_of(output: ProbeOutput, talk: Conversation, nonce: str) -> tuple[str, str]:
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
