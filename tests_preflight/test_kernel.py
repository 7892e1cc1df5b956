"""Operating system and kernel of the nodes before installation."""

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies
from acp_acceptance.requirements.conditions import matches
from acp_acceptance.requirements.packages import matching


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


@verifies("preflight.kernel.kernel-stock")
def test_kernel_is_the_distributions_own(facts: NodeFacts, requirement: OwedRequirement) -> None:
    kernel, packages = facts.kernel, facts.packages
    foreign = matching(packages, requirement["foreign"])
    requirement.expect(not foreign, "foreign", packages=foreign)
    owner = packages.owner_of_kernel(kernel.release, kernel.machine, requirement["own"])
    requirement.expect(owner, "not_own", kernel=kernel.release)


@verifies("preflight.kernel.calico-vxlan-ipv6")
def test_calico_can_do_vxlan_over_ipv6(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(requirement["possible"], "impossible", name=facts.os.name)


@verifies("preflight.kernel.transparent-hugepage")
def test_transparent_hugepage_is_never(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(facts.hugepages.mode in (None, "never"), "in_force", mode=facts.hugepages.mode)
    requirement.expect(facts.boot.holding(requirement["parameter"]), "not_at_boot", parameter=requirement["parameter"])


@verifies("preflight.kernel.cgroup-nokmem")
def test_kernel_memory_is_not_accounted(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(facts.boot.holding(requirement["parameter"]), "not_at_boot", parameter=requirement["parameter"])


@verifies("preflight.kernel.ipvs-modules", "preflight.kernel.conntrack-modules", "preflight.kernel.ovn-modules")
def test_modules_are_loaded(facts: NodeFacts, requirement: OwedRequirement) -> None:
    missing = facts.modules.missing(requirement["modules"])
    requirement.expect(not missing, "missing", missing=missing)


@verifies(
    "preflight.kernel.ipvs-modules-advised",
    "preflight.kernel.conntrack-modules-advised",
    "preflight.kernel.ovn-modules-advised",
)
def test_modules_are_loaded_at_boot(facts: NodeFacts, requirement: OwedRequirement) -> None:
    missing = facts.modules.missing_at_boot(requirement["modules"])
    requirement.expect(not missing, "missing", missing=missing)


@verifies("preflight.kernel.calico-ipip")
def test_calico_can_use_ip_in_ip(facts: NodeFacts, requirement: OwedRequirement) -> None:
    missing = facts.modules.unusable(requirement["modules"])
    requirement.expect(not missing, "unusable", missing=missing)


@verifies("preflight.kernel.selinux")
def test_selinux_is_off(facts: NodeFacts, requirement: OwedRequirement) -> None:
    security = facts.security
    requirement.expect(security.selinux == "disabled", "in_force", mode=security.selinux)
    off_at_boot = security.selinux_at_boot in {None, "disabled"} or facts.boot.holding(requirement["off_at_boot"])
    requirement.expect(off_at_boot, "at_boot", mode=security.selinux_at_boot)


@verifies("preflight.kernel.apparmor")
def test_apparmor_is_off(facts: NodeFacts, requirement: OwedRequirement) -> None:
    security = facts.security
    requirement.expect(not security.confines, "in_force", profiles=security.profiles)
    at_boot = facts.services.at_boot(["apparmor"]) and not facts.boot.holding(requirement["off_at_boot"])
    requirement.expect(not at_boot, "at_boot")


@verifies("preflight.kernel.firewall-off")
def test_firewall_is_off(facts: NodeFacts, requirement: OwedRequirement) -> None:
    active, at_boot = facts.services.active(requirement["services"]), facts.services.at_boot(requirement["services"])
    requirement.expect(not active, "active", services=active)
    requirement.expect(not at_boot, "at_boot", services=at_boot)
    requirement.expect(not facts.firewall.filtering, "filtering", rules=facts.firewall.filtering)


@verifies("preflight.kernel.swap")
def test_swap_is_off(facts: NodeFacts, requirement: OwedRequirement) -> None:
    requirement.expect(not facts.swap.in_use, "in_use", devices=facts.swap.in_use)
    requirement.expect(not facts.swap.at_boot, "at_boot", entries=facts.swap.at_boot)
