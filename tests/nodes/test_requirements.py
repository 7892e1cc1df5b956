"""Every requirement on real nodes: each fault turns its own red and no other, each healthy flavour is green.

One lab holds a node for each fault, and one run of the suite judges them all.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from acp_acceptance.requirements import load_catalogue
from lab import FAULTS, FLAVOURS, Fault, NodeSpec
from labs import started
from suite import judged

SEEDED = [fault for fault in FAULTS.values() if fault.requirement and not fault.active]
SUPPORTED = [name for name, flavour in FLAVOURS.items() if flavour.supported]
# A clone is one of two.
TWINS = {"machine-id-cloned": "machine-id-clone-2"}


def flavour_of(number: int, fault: Fault) -> str:
    """Give a flavour that can have the fault, not the same one to all."""
    choice = fault.flavours or ("ubuntu-22.04", "rhel-8.6")
    return choice[number % len(choice)]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Verdicts by node and requirement, of one run over all nodes."""
    # Faults that copy an identity copy that of the first node, which is then no healthy one.
    specs = [NodeSpec("copied"), *(NodeSpec(f"healthy-{name}", name) for name in SUPPORTED)]
    specs.append(NodeSpec("healthy-worker", roles=("worker",)))
    specs.append(NodeSpec("healthy-installer", "rhel-8.6", roles=("control_plane", "installer")))
    specs += [
        NodeSpec(fault.name, flavour_of(number, fault), faults=(fault.name,)) for number, fault in enumerate(SEEDED)
    ]
    specs += [NodeSpec(twin, faults=(fault,)) for fault, twin in TWINS.items()]
    specs += [NodeSpec(f"hung-{name}", name, faults=("hung-packages",)) for name in ("ubuntu-22.04", "rhel-8.6")]
    specs += [NodeSpec(f"flood-{name}", name, faults=("flood",)) for name in ("ubuntu-22.04", "rhel-8.6")]
    specs += [NodeSpec("junk", faults=("binary-junk",)), NodeSpec("banner", faults=("banner",))]
    with started(specs, "requirements") as lab:
        run = judged(
            tmp_path_factory.mktemp("reports"),
            f"--acp-inventory={lab.inventory}",
            "--acp-deadline=60",
            "--acp-forks=16",
        )
    assert run.status == 1, run.output
    assert not run.results["run"]["crashed"], run.output
    by_node: dict[str, dict[str, Any]] = {}
    for verdict in run.results["verdicts"]:
        by_node.setdefault(verdict["target"], {})[verdict["requirement"]] = verdict
    return by_node


def red(verdicts: dict[str, Any], *outcomes: str) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict["outcome"] in outcomes}


@pytest.mark.parametrize(
    "node", [*(f"healthy-{name}" for name in SUPPORTED), "healthy-worker", "healthy-installer", "junk", "banner"]
)
def test_a_healthy_node_passes_everything(verdicts: dict[str, dict[str, Any]], node: str) -> None:
    found = verdicts[node]
    assert red(found, "failed", "broken", "not_run") == set(), [item["message"] for item in found.values()]
    assert len(red(found, "passed")) > 12


@pytest.mark.parametrize("fault", [item for item in SEEDED if not item.breaks], ids=lambda item: item.name)
def test_a_fault_turns_its_requirement_red_and_no_other(verdicts: dict[str, dict[str, Any]], fault: Any) -> None:
    found = verdicts[fault.name]
    assert found[fault.requirement]["outcome"] == "failed", found[fault.requirement]
    # What is below the minimum is below the advice, too.
    assert red(found, "failed") <= {fault.requirement, f"{fault.requirement}-advised"}
    if fault.requirement != "preflight.users.node-reachable":
        assert red(found, "broken") == set(), [item["reason"] for item in found.values()]


@pytest.mark.parametrize("fault", [item for item in SEEDED if not item.breaks], ids=lambda item: item.name)
def test_a_failure_names_target_observation_requirement_source_and_next_step(
    verdicts: dict[str, dict[str, Any]], fault: Any
) -> None:
    message = verdicts[fault.name][fault.requirement]["message"]
    assert message.startswith(f"{fault.name}: ")
    assert "; ACP 4.2 requires " in message or "; ACP 4.2 advises " in message
    assert "]. Next: " in message
    assert "{" not in message


@pytest.mark.parametrize("fault", [item for item in SEEDED if item.breaks], ids=lambda item: item.name)
def test_what_cannot_be_measured_is_broken(verdicts: dict[str, dict[str, Any]], fault: Any) -> None:
    found = verdicts[fault.name]
    assert found[fault.requirement]["outcome"] == "broken", found[fault.requirement]
    assert found[fault.requirement]["reason"]
    assert red(found, "failed") == set()


def test_every_requirement_has_a_fault_that_turns_it_red_and_one_that_breaks_it() -> None:
    catalogue = load_catalogue().requirements
    # What needs --acp-active is shown in test_active.
    nodes = {name for name, item in catalogue.items() if item.target == "node" and not item.when.get("active")}
    # With the same function and facts as their required twin, whose faults show them too.
    twins = {name for name in nodes if name.endswith("-advised") and name.removesuffix("-advised") in nodes}
    # Filters show on other nodes too: test_between_nodes.py has labs of their own for them.
    nodes.discard("preflight.between.node-firewall")
    shown = {fault.requirement for fault in SEEDED if not fault.breaks}
    broken = {fault.requirement for fault in SEEDED if fault.breaks}
    assert nodes - twins <= shown
    # Whether a node is reachable is always measured; what it is broken by is the runner, shown in test_transport.
    # conntrack-modules reads what ipvs-modules reads.
    assert nodes - twins - {"preflight.users.node-reachable", "preflight.kernel.conntrack-modules"} <= broken


@pytest.mark.parametrize("flavour", ["ubuntu-22.04", "rhel-8.6"])
@pytest.mark.parametrize(
    ("fault", "why"), [("hung", "did not end within its time limit"), ("flood", "printed too much")]
)
def test_a_command_that_hangs_or_floods_costs_its_own_requirement_only(
    verdicts: dict[str, dict[str, Any]], fault: str, why: str, flavour: str
) -> None:
    found = verdicts[f"{fault}-{flavour}"]
    packages = "preflight.software.conflicting-packages"
    assert red(found, "broken") == {packages, f"{packages}-advised"}
    assert why in found[packages]["reason"]
    assert red(found, "failed") == set()


def test_no_control_character_of_a_node_reaches_the_record(verdicts: dict[str, dict[str, Any]]) -> None:
    assert "\\u001b" not in json.dumps(verdicts)
    assert "<script>\\x1b[31m&" in verdicts["hostname-markup"]["preflight.network.hostname"]["message"]
