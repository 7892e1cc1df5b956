"""What answers at the platform's addresses."""

from acp_acceptance.model.platform.endpoints import Endpoint, closed, unready, unserved
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("postinstall.platform.web-console")
def test_web_console_answers(found: Endpoint, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unserved(found, requirement["statuses"])])


@verifies("postinstall.platform.registry")
def test_registry_answers(found: Endpoint, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unserved(found, requirement["statuses"])])


@verifies("postinstall.platform.load-balancer")
def test_port_is_forwarded(found: Endpoint, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*closed(found)])


@verifies("postinstall.control-plane.apiserver")
def test_api_server_is_ready(found: Endpoint, requirement: OwedRequirement) -> None:
    requirement.expect_nothing([*unready(found)])
