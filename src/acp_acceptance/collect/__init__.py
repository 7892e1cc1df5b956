"""The only place that talks to targets: it takes an inventory and gives a snapshot."""

from acp_acceptance.collect.site_collector import Progress, Settings, collect, open_ssh

__all__ = ["Progress", "Settings", "collect", "open_ssh"]
