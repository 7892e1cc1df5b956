"""Every requirement on real nodes: each fault turns its own red and no other, each healthy flavour is green.

One lab holds a node for each fault, and one run of the suite judges them all.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from plans import OTHERS, SEEDED, SUPPORTED, USUAL, Verdicts, by_node, judged_again, seeded_nodes

from acp_acceptance.collect.mesh import NAMING, NEEDING
from acp_acceptance.requirements import load_catalogue
from lab import FLAVOURS, NodeSpec
from lab.faults import PLANS
from labs import started
from suite import judged

if TYPE_CHECKING:
    from lab import Fault

FAILING = [fault for fault in SEEDED if not fault.breaks]
BREAKING = [fault for fault in SEEDED if fault.breaks]
# A clone is one of two.
TWINS = {"machine-id-cloned": "machine-id-clone-2"}
# Whether packets pass between two nodes, how fast and how large, shows on both: test_between_nodes.py has labs of its
# own for that, in which no node is dead, and this machine is not short of time.
BETWEEN = NEEDING | NAMING
REACHABLE = "preflight.users.node-reachable"
UNSUPPORTED = {
    "ubuntu-22.04-hwe": {"kernel-supported", "kernel-stock"},
    "kylin-v10-sp2": {"os-supported"},
    "debian-12": {"os-supported"},
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdicts]:
    """Verdicts by plan, node and requirement: one run over all nodes, which is judged again by each other plan."""
    # Faults that copy an identity copy that of the first node, which is then no healthy one.
    specs = [NodeSpec("copied"), *(NodeSpec(f"healthy-{name}", name) for name in SUPPORTED)]
    specs += [NodeSpec(f"unsupported-{name}", name) for name in UNSUPPORTED]
    specs.append(NodeSpec("healthy-worker", roles=("worker",)))
    specs.append(NodeSpec("healthy-role-installer", "rhel-8.6", roles=("control_plane", "installer")))
    specs += seeded_nodes()
    specs += [NodeSpec(twin, faults=(fault,)) for fault, twin in TWINS.items()]
    specs += [NodeSpec(f"hung-{name}", name, faults=("hung-packages",)) for name in ("ubuntu-22.04", "rhel-8.6")]
    specs += [NodeSpec(f"flood-{name}", name, faults=("flood",)) for name in ("ubuntu-22.04", "rhel-8.6")]
    specs += [NodeSpec("junk", faults=("binary-junk",)), NodeSpec("banner", faults=("banner",))]
    folder = tmp_path_factory.mktemp("reports")
    with started(specs, "requirements") as lab:
        run = judged(folder, f"--acp-inventory={lab.inventory}", "--acp-deadline=60", "--acp-forks=16", timeout=500)
    assert run.status == 1, run.output
    assert not run.results["run"]["crashed"], run.output
    found = {USUAL: by_node(run)}
    folders = [tmp_path_factory.mktemp(plan) for plan in OTHERS]
    with ThreadPoolExecutor(2) as pool:
        judgements = list(pool.map(partial(judged_again, run), OTHERS, folders))
    for plan, again in zip(OTHERS, judgements, strict=True):
        assert not again.results["run"]["crashed"], again.output
        found[plan] = by_node(again)
    return found


def red(verdicts: dict[str, Any], *outcomes: str) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict["outcome"] in outcomes} - BETWEEN


def of(verdicts: dict[str, Verdicts], fault: Fault) -> dict[str, Any]:
    return verdicts[fault.plan][fault.name]


@pytest.mark.parametrize(
    "node", [*(f"healthy-{name}" for name in SUPPORTED), "healthy-worker", "healthy-role-installer", "junk", "banner"]
)
def test_a_healthy_node_passes_everything(verdicts: dict[str, Verdicts], node: str) -> None:
    found = verdicts[USUAL][node]
    assert red(found, "failed", "broken", "not_run") == set(), [item["message"] for item in found.values()]
    assert len(red(found, "passed")) > 30


@pytest.mark.parametrize("plan", PLANS)
def test_a_healthy_node_passes_everything_of_other_plans(verdicts: dict[str, Verdicts], plan: str) -> None:
    found = verdicts[plan][f"healthy-{plan}"]
    assert red(found, "failed", "broken", "not_run") == set(), [item["message"] for item in found.values()]
    assert len(red(found, "passed")) > 30


@pytest.mark.parametrize("flavour", UNSUPPORTED)
def test_an_unsupported_system_fails_by_name(verdicts: dict[str, Verdicts], flavour: str) -> None:
    assert not FLAVOURS[flavour].supported
    found = verdicts[USUAL][f"unsupported-{flavour}"]
    failed = {name.rpartition(".")[2] for name in red(found, "failed")}
    assert UNSUPPORTED[flavour] <= failed
    assert failed <= UNSUPPORTED[flavour] | {"kernel-supported-advised"}


@pytest.mark.parametrize("fault", FAILING, ids=lambda item: item.name)
def test_a_fault_turns_its_requirement_red_and_no_other(verdicts: dict[str, Verdicts], fault: Fault) -> None:
    found = of(verdicts, fault)
    assert found[fault.requirement]["outcome"] == "failed", found[fault.requirement]
    # What is below the minimum is below the advice, too.
    assert red(found, "failed") <= {fault.requirement, f"{fault.requirement}-advised"}
    if fault.requirement != REACHABLE:
        broken = red(found, "broken")
        assert broken == set(fault.also), [found[name]["reason"] for name in broken]


@pytest.mark.parametrize("fault", FAILING, ids=lambda item: item.name)
def test_a_failure_names_target_observation_requirement_source_and_next_step(
    verdicts: dict[str, Verdicts], fault: Fault
) -> None:
    message = of(verdicts, fault)[fault.requirement]["message"]
    release = OTHERS[fault.plan].release if fault.plan in OTHERS else "4.2"
    assert message.startswith(f"{fault.name}: ")
    assert f"; ACP {release} requires " in message or f"; ACP {release} advises " in message
    assert "]. Next: " in message
    assert "{" not in message


@pytest.mark.parametrize("fault", BREAKING, ids=lambda item: item.name)
def test_what_cannot_be_measured_is_broken(verdicts: dict[str, Verdicts], fault: Fault) -> None:
    found = of(verdicts, fault)
    for name in (fault.requirement, *fault.also):
        assert found[name]["outcome"] == "broken", found[name]
        assert found[name]["reason"]
    assert red(found, "failed") == set()


def test_every_requirement_has_a_fault_that_turns_it_red_and_one_that_breaks_it() -> None:
    catalogue = load_catalogue().requirements
    # What needs --acp-active is shown in test_active.
    nodes = {
        name
        for name, item in catalogue.items()
        if item.stage == "preflight" and item.target == "node" and not item.when.get("active")
    }
    # Who logs in is no fault of a node: test_transport has users without rights; there is no login without an answer.
    nodes -= {*BETWEEN, "preflight.users.root-rights"}
    # With the same function and facts as their required twin, whose faults show them too.
    twins = {name for name in nodes if name.endswith("-advised") and name.removesuffix("-advised") in nodes}
    shown = {fault.requirement for fault in FAILING}
    broken = {name for fault in BREAKING for name in (fault.requirement, *fault.also)}
    assert nodes - twins - shown == set()
    # Whether a node is reachable is always measured; what it is broken by is the runner, shown in test_transport.
    # The shell itself knows which programs there are: only a node that ends or hangs does not say it.
    assert nodes - twins - {REACHABLE, "preflight.software.tools"} - broken == set()


def test_every_plan_of_a_fault_is_one_that_is_judged() -> None:
    assert set(PLANS) == set(OTHERS)
    assert {fault.plan for fault in SEEDED} == {USUAL, *PLANS}


@pytest.mark.parametrize("flavour", ["ubuntu-22.04", "rhel-8.6"])
@pytest.mark.parametrize(
    ("fault", "why"), [("hung", "did not end within its time limit"), ("flood", "printed too much")]
)
def test_a_command_that_hangs_or_floods_costs_its_own_requirement_only(
    verdicts: dict[str, Verdicts], fault: str, why: str, flavour: str
) -> None:
    found = verdicts[USUAL][f"{fault}-{flavour}"]
    packages = "preflight.software.conflicting-packages"
    # The packages also tell whose the kernel is.
    assert red(found, "broken") == {packages, f"{packages}-advised", "preflight.kernel.kernel-stock"}
    assert why in found[packages]["reason"]
    assert red(found, "failed") == set()


def test_no_control_character_of_a_node_reaches_the_record(verdicts: dict[str, Verdicts]) -> None:
    assert "\\u001b" not in json.dumps(verdicts)
    assert "<script>\\x1b[31m&" in verdicts[USUAL]["hostname-markup"]["preflight.network.hostname"]["message"]
