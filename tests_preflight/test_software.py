"""Software and folders that must, and that must not, be on the nodes before installation."""

from acp_acceptance.model.node import NodeFacts
from acp_acceptance.requirements import OwedRequirement, verifies
from acp_acceptance.requirements.packages import conflicting, similar


@verifies("preflight.software.tools")
def test_tools_are_installed(facts: NodeFacts, requirement: OwedRequirement) -> None:
    programs = facts.programs
    missing = programs.missing(requirement["needed"])
    requirement.expect(not missing, "missing", missing=missing)
    either = programs.missing(requirement["either"])
    requirement.expect(len(either) < len(requirement["either"]), "neither", missing=either)


@verifies("preflight.software.lvm2")
def test_lvm2_is_installed(facts: NodeFacts, requirement: OwedRequirement) -> None:
    missing = [name for name in requirement["packages"] if name not in facts.packages.installed]
    requirement.expect(not missing, "missing", missing=missing)


@verifies("preflight.software.kubelet-unit")
def test_no_kubelet_unit_is_there(facts: NodeFacts, requirement: OwedRequirement) -> None:
    present = facts.paths.present(requirement["paths"])
    requirement.expect(not present, "present", present=present)


@verifies("preflight.software.tmp-exec")
def test_programs_can_run_from_tmp(facts: NodeFacts, requirement: OwedRequirement) -> None:
    folder = requirement["folder"]
    options = facts.mounts.options_of(folder)
    requirement.expect(requirement["option"] not in options, "forbidden", folder=folder, options=options)


@verifies("preflight.software.conflicting-packages")
def test_no_package_conflicts(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = conflicting(facts.packages, requirement["packages"], requirement["families"], requirement["snaps"])
    requirement.expect(not found, "installed", packages=found)


@verifies("preflight.software.conflicting-packages-advised")
def test_no_package_resembles_a_conflicting_one(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = similar(facts.packages, requirement["packages"], requirement["families"])
    requirement.expect(not found, "similar", packages=found)


@verifies("preflight.software.conflicting-binaries")
def test_no_program_conflicts(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = facts.binaries.of(requirement["binary_folders"], requirement["binary_names"])
    requirement.expect(not found, "found", found=found)
    for folder in requirement["paths"]:
        requirement.expect(not facts.paths.entries(folder), "plugins", folder=folder)


@verifies("preflight.software.leftover-folders")
def test_nothing_is_left_of_an_earlier_installation(facts: NodeFacts, requirement: OwedRequirement) -> None:
    found = facts.paths.left_over(requirement["paths"], facts.mounts)
    requirement.expect(not found, "left", found=found)


@verifies("preflight.software.existing-kubernetes")
def test_no_kubernetes_is_there(facts: NodeFacts, requirement: OwedRequirement) -> None:
    processes = facts.kubernetes.processes
    requirement.expect(not processes, "running", processes=processes)
    for folder in requirement["paths"]:
        entries = facts.paths.entries(folder)
        requirement.expect(not entries, "manifests", folder=folder, entries=entries)
