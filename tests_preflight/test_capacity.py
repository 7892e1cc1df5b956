"""Capacity of the nodes before installation."""

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
