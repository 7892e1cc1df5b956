"""A node that knows the nonce and says anything at all."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from random import Random

import pytest

from acp_acceptance.collect.node_facts import FactMaker
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
    facts = FactMaker().facts("n", "w", probe.nonce, talk)
    for fact in NodeFacts.declared().values():
        with suppress(CollectionError):
            facts.measured(fact)
    facts.to_json()


def test_values_reach_the_script_quoted_and_stand_on_no_command_line() -> None:
    value = "/a b/it's $(touch x)\n`id`;\"\\"
    probe = make_probe(become=None, values={"package_folder": value, "paths": ""})
    assert b"package_folder" not in probe.command.encode()
    script = probe.script.split(b"\n", 1)[1]
    told = script.split(b"PATH=")[0] + b'printf "%s" "$package_folder"'
    assert subprocess.run(["sh"], input=told, capture_output=True, check=True).stdout.decode() == value


@pytest.mark.parametrize("name", ["", "PATH", "a-b", "a b", "x;id", "\u00e4"])
def test_a_value_needs_the_name_of_a_variable(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a shell variable"):
        make_probe(become=None, values={name: "x"})
