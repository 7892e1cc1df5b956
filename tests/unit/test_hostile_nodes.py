"""A node that knows the nonce and says anything at all."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from acp_acceptance.collect.node import facts_from
from acp_acceptance.collect.probe import make_probe, sections
from acp_acceptance.collect.process import Conversation
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.node import NodeFacts

WORDS = ["section", "part", "done", "absent", "end", "say", "os", "swap", "proc-swaps", "hello", "clock", "rights", "complete",
         "0", "1", "timeout", "-1", "\u00b2", "9" * 400, "1e999", "nan", "\0", "\x1b[2J", "", "file:/etc/default/grub"]  # fmt: skip


@pytest.mark.parametrize("seed", range(300))
def test_nothing_a_node_says_stops_the_collector(seed: int) -> None:
    random = Random(seed)
    probe = make_probe(become=None)

    def line() -> bytes:
        words = " ".join(random.choices([*WORDS, *sections()], k=random.randint(0, 5)))
        marker = f"{probe.nonce} " if random.random() < 0.7 else ""
        return f"{marker}{words}\n".encode("utf-8", "surrogatepass") + random.randbytes(random.choice([0, 0, 9]))

    talk = Conversation(
        stdout=b"\n".join(line() for _ in range(random.randint(0, 60))),
        stderr=b"\n".join(line() for _ in range(random.randint(0, 10))),
        status=random.choice([0, 1, 255, None]),
        ended=random.choice(["", "", "deadline", "too-much-output", "interrupted"]),
        greeted=random.choice([None, 0.0]),
        answered=0.1,
        confirmed=random.choice([None, 0.2]),
    )
    facts = facts_from("n", "w", probe, talk)
    for fact in NodeFacts.declared().values():
        with suppress(CollectionError):
            facts.measured(fact)
    facts.to_json()
