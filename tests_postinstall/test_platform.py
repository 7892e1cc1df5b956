"""The platform as a whole, by what its own resources say."""

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.api_server import minor_release
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.resources import Resource, labels_of, modules_named, unhealthy
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.platform.kubernetes-version")
def test_kubernetes_is_of_a_version_of_the_release(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    server = platform.api_server
    requirement.expect(minor_release(server) in requirement["versions"], "version", version=server.version)


@verifies("postinstall.platform.resources")
def test_resource_is_healthy(found: Resource, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unhealthy(found)])


@verifies("postinstall.platform.architecture-constraint")
def test_nodes_of_both_architectures_can_be_added(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    labels = labels_of(platform.clusters, "global")
    value = labels.get(requirement["label"])
    requirement.expect(value is None, "constrained", label=requirement["label"], value=value)


@verifies("postinstall.platform.product-docs")
def test_product_docs_are_installed(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    modules, wanted = platform.module_infos, requirement["modules"]
    require_whole(modules)
    installed = modules_named(modules, wanted, requirement["title"])
    requirement.expect(installed, "missing", count=len(modules.items), modules=wanted)
