"""Capacity of the nodes before installation."""

from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.model.layout import miscounted
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.capacity.cpu-cores", "preflight.capacity.cpu-cores-advised")
def test_cpu_cores_suffice(facts: NodeFacts, requirement: OwedRequirement) -> None:
    cores = facts.cpu.cores
    requirement.expect(cores >= requirement["cores"], "too_few", cores=cores)


@verifies("preflight.capacity.memory", "preflight.capacity.memory-advised")
def test_memory_suffices(facts: NodeFacts, requirement: OwedRequirement) -> None:
    memory = facts.memory
    requirement.expect(memory.holds(requirement["gigabytes"]), "too_little", gibibytes=memory.gibibytes)


@verifies("preflight.capacity.node-count")
def test_number_of_nodes_fits_the_topology(facts: ClusterFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*miscounted(facts.layout, requirement.values)])


@verifies("preflight.capacity.installer-node")
def test_installer_runs_on_a_control_plane_node(facts: ClusterFacts, requirement: OwedRequirement) -> None:
    installer = facts.layout.installer
    requirement.expect(installer.control_plane, "worker", node=installer.name)


@verifies("preflight.capacity.topology-production")
def test_topology_is_for_production(requirement: OwedRequirement) -> None:
    requirement.expect(requirement["fit"], "single_node")
