"""Capacity of the nodes before installation."""

from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.model.layout import miscounted
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("preflight.capacity.cpu-cores", "preflight.capacity.cpu-cores-advised")
def test_cpu_cores_suffice(facts: NodeFacts, requirement: OwedRequirement) -> None:
    cores = facts.cpu.cores
    requirement.expect(cores >= requirement["cores"], "too_few", cores=cores)


@verifies("preflight.capacity.cpu-model")
def test_processor_is_supported(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(facts.cpu.part in requirement["parts"], "other", part=facts.cpu.part)


@verifies("preflight.capacity.cpu-clock")
def test_processors_are_fast_enough(facts: NodeFacts, requirement: OwedRequirement) -> None:
    rate = facts.frequency.gigahertz
    requirement.expect(rate >= requirement["gigahertz"], "slow", rate=rate, source=facts.frequency.source)


@verifies("preflight.capacity.cpu-power-saving")
def test_processors_do_not_save_power(facts: NodeFacts, requirement: OwedRequirement) -> None:
    governors = facts.frequency.governors
    requirement.expect(set(governors) == {requirement["governor"]}, "saving", governors=governors)


@verifies("preflight.capacity.cpu-overcommit")
def test_host_does_not_steal_processor_time(facts: NodeFacts, requirement: OwedRequirement) -> None:
    stolen = facts.overcommit.steal_percent
    requirement.expect(stolen <= requirement["percent"], "stolen", stolen=stolen)


@verifies("preflight.capacity.memory", "preflight.capacity.memory-advised")
def test_memory_suffices(facts: NodeFacts, requirement: OwedRequirement) -> None:
    memory = facts.memory
    requirement.expect(memory.holds(requirement["gigabytes"]), "too_little", gibibytes=memory.gibibytes)


@verifies("preflight.capacity.memory-overcommit")
def test_host_does_not_take_memory_back(facts: NodeFacts, requirement: OwedRequirement) -> None:
    taken = facts.overcommit.ballooned_mebibytes
    requirement.expect(taken <= requirement["mebibytes"], "taken", mebibytes=taken)


@verifies("preflight.capacity.disk-space", "preflight.capacity.disk-space-advised")
def test_disk_space_suffices(facts: NodeFacts, requirement: OwedRequirement) -> None:
    systems = facts.filesystems
    requirement.expect_nothing([("too_small", fault) for fault in systems.too_small(requirement["folders"])])
    percent = systems.of("/").used_percent
    requirement.expect(percent < requirement["used_percent"], "full", percent=percent)


@verifies("preflight.capacity.package-space", "preflight.capacity.package-space-advised")
def test_package_has_room(facts: NodeFacts, package_folder: str, requirement: OwedRequirement) -> None:
    system = facts.filesystems.of(package_folder)
    enough = system.free_gigabytes >= requirement["gigabytes"]
    requirement.expect(enough, "too_small", folder=package_folder, place=system.place, free=system.free_gigabytes)


@verifies("preflight.capacity.disk-ssd")
def test_no_disk_rotates(facts: NodeFacts, requirement: OwedRequirement) -> None:
    for folder in requirement["below"]:
        rotating = [disk.name for disk in facts.filesystems.whole_disks(folder) if disk.rotating]
        requirement.expect(not rotating, "rotating", disks=rotating, folder=folder)


@verifies("preflight.capacity.etcd-disk-isolated")
def test_etcd_has_a_disk_of_its_own(facts: NodeFacts, requirement: OwedRequirement) -> None:
    folder, other = requirement["folder"], requirement["other"]
    own, others = (facts.filesystems.disk_names(place) for place in (folder, other))
    shared = [name for name in own if name in others]
    requirement.expect(not shared, "shared", disks=shared, folder=folder, other=other)
    slower = [name for name in own if not name.startswith(requirement["prefix"])]
    requirement.expect(not slower, "no_nvme", disks=slower, folder=folder)


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
