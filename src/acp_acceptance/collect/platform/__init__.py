"""Collecting installed clusters through their Kubernetes API."""

from acp_acceptance.collect.platform.access import IN_CLUSTER, Access
from acp_acceptance.collect.platform.collector import PlatformCollector

__all__ = ["IN_CLUSTER", "Access", "PlatformCollector"]
