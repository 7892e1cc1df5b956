"""Operating system and kernel of the nodes before installation."""

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies
from acp_acceptance.requirements.conditions import matches


@verifies("preflight.kernel.os-supported")
def test_operating_system_is_supported(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(requirement["system"], "unsupported", name=facts.os.name, machine=facts.kernel.machine)


@verifies("preflight.kernel.kernel-supported")
def test_kernel_is_supported(facts: NodeFacts, requirement: OwedRequirement) -> None:
    supported = matches(facts.kernel.version, requirement["system"]["kernel"])
    requirement.expect(supported, "unsupported", kernel=facts.kernel.release)


@verifies("preflight.kernel.kernel-supported-advised")
def test_kernel_build_is_tested(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(facts.kernel.is_at_least(requirement["system"]["tested"]), "older", kernel=facts.kernel.release)


@verifies("preflight.kernel.transparent-hugepage")
def test_transparent_hugepage_is_never(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(facts.hugepages.mode in (None, "never"), "in_force", mode=facts.hugepages.mode)
    requirement.expect(facts.boot.holding(requirement["parameter"]), "not_at_boot", parameter=requirement["parameter"])


@verifies("preflight.kernel.ipvs-modules", "preflight.kernel.conntrack-modules")
def test_modules_are_loaded(facts: NodeFacts, requirement: OwedRequirement) -> None:
    missing = facts.modules.missing(requirement["modules"])
    requirement.expect(not missing, "missing", missing=missing)


@verifies("preflight.kernel.swap")
def test_swap_is_off(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(not facts.swap.in_use, "in_use", devices=facts.swap.in_use)
    requirement.expect(not facts.swap.at_boot, "at_boot", entries=facts.swap.at_boot)
