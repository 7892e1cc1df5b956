"""Testinfra's ``host`` for a site's own checks: only in a root conftest.py can that fixture be taken over."""

import pytest
from testinfra.host import Host


@pytest.fixture(scope="session")
def host(acp_host: Host) -> Host:
    """Testinfra's host of each chosen node."""
    return acp_host
