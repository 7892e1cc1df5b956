"""What lies between real nodes: a filter on one of them turns that one red, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lab import NodeSpec
from labs import started
from suite import judged

if TYPE_CHECKING:
    from pathlib import Path

FIREWALL = "preflight.between.node-firewall"
TABLE = "nft add table inet t && nft 'add chain inet t {0} {{ type filter hook {0} priority 0; }}' && nft add rule inet t {0} "


@pytest.mark.parametrize(
    ("script", "outcome", "said"),
    [
        ("true", "passed", ""),
        (TABLE.format("input") + "tcp dport 10250 drop", "failed", "10250 (tcp no-answer)"),
        (TABLE.format("input") + "tcp dport 6443 reject with icmpx type admin-prohibited", "failed", "tcp prohibited"),
        (TABLE.format("input") + "udp dport 6081 drop", "failed", "6081 (udp no-answer)"),
        (TABLE.format("output") + "ct state new drop", "failed", "it does not get through"),
        ("rm $(command -v timeout)", "broken", "bash and timeout are needed"),
    ],
    ids=["healthy", "dropped", "prohibited", "udp-dropped", "outbound-dropped", "no-timeout"],
)
def test_a_filter_turns_its_own_node_red_alone(tmp_path: Path, script: str, outcome: str, said: str) -> None:
    with started([NodeSpec("a"), NodeSpec("b", "rhel-8.6"), NodeSpec("c")], "between") as lab:
        done = lab.nodes["b"].run(script)
        assert done.returncode == 0, done.stderr
        run = judged(tmp_path, f"--acp-inventory={lab.inventory}")
    found = {item["target"]: item for item in run.results["verdicts"] if item["requirement"] == FIREWALL}
    assert {name: item["outcome"] for name, item in found.items()} == {"a": "passed", "b": outcome, "c": "passed"}, (
        found
    )
    assert said in f"{found['b'].get('message')} {found['b'].get('reason')}"
