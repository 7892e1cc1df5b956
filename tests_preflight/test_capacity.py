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


@verifies("preflight.capacity.disk-performance")
def test_disks_are_fast(facts: NodeFacts, requirement: OwedRequirement) -> None:
    for disk in facts.disk_rates.disks:
        megabytes = disk.megabytes_per_second
        requirement.expect(
            megabytes >= requirement["megabytes"], "slow", disk=disk, megabytes=megabytes, mode=disk.mode
        )
        enough = disk.operations >= requirement["operations"]
        requirement.expect(enough, "few_operations", disk=disk, operations=disk.operations)


@verifies("preflight.capacity.etcd-disk-latency")
def test_etcd_disk_writes_fast(facts: NodeFacts, requirement: OwedRequirement) -> None:
    sync = facts.sync_writes
    place, operations = sync.place, sync.operations_per_second
    fast = sync.milliseconds < requirement["milliseconds"]
    requirement.expect(fast, "slow_sync", place=place, samples=sync.samples, milliseconds=sync.milliseconds)
    requirement.expect(operations >= requirement["operations"], "few_operations", place=place, operations=operations)
    megabytes = facts.disk_rates.holding(sync.folder).megabytes_per_second
    requirement.expect(megabytes >= requirement["megabytes"], "slow", place=place, megabytes=megabytes)
