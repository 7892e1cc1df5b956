"""etcd of the cluster."""

from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.etcd import large, require_measured, slow, unsound
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.control-plane.etcd")
def test_etcd_is_one_healthy_cluster(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unsound(platform.etcd)])


@verifies("postinstall.control-plane.etcd-advised")
def test_etcd_is_small_and_fast(platform: PlatformFacts, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*large(platform.etcd, requirement["database_mib"])])
    limits = {"commit": requirement["commit_ms"], "fsync": requirement["fsync_ms"], "peer": requirement["peer_ms"]}
    requirement.expect_nothing([*slow(platform.etcd_metrics, **limits)])
    require_measured(platform.etcd_metrics, requirement["samples"])
