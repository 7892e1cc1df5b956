"""The inventory: the site, its nodes, and how each is reached; and the waivers that its owner has granted."""

from acp_acceptance.inventory.ansible import expand_ansible
from acp_acceptance.inventory.errors import InputFileError, InventoryError, Problem, UsageError, WaiversError
from acp_acceptance.inventory.hostspec import ParsedHost, parse_host_spec, parse_roles
from acp_acceptance.inventory.loading import load_inventory
from acp_acceptance.inventory.model import Inventory
from acp_acceptance.inventory.nodes import Connection, ConnectionDefaults, Minimum, Node, Role
from acp_acceptance.inventory.parameters import Certificate, ImageRepository, InstallationParameters, SelfBuiltVip
from acp_acceptance.inventory.plain_hosts import inventory_from_hosts, inventory_of_cluster
from acp_acceptance.inventory.site import (
    OVER_SSH,
    Cluster,
    ClusterRole,
    Cni,
    DrPlan,
    IpFamily,
    Isolation,
    Networks,
    Package,
    Site,
    Storage,
    Topology,
    WorkloadCluster,
)
from acp_acceptance.inventory.waivers import Match, Waiver, Waivers, WaiverState, load_waivers

__all__ = [
    "OVER_SSH",
    "Certificate",
    "Cluster",
    "ClusterRole",
    "Cni",
    "Connection",
    "ConnectionDefaults",
    "DrPlan",
    "ImageRepository",
    "InputFileError",
    "InstallationParameters",
    "Inventory",
    "InventoryError",
    "IpFamily",
    "Isolation",
    "Match",
    "Minimum",
    "Networks",
    "Node",
    "Package",
    "ParsedHost",
    "Problem",
    "Role",
    "SelfBuiltVip",
    "Site",
    "Storage",
    "Topology",
    "UsageError",
    "Waiver",
    "WaiverState",
    "Waivers",
    "WaiversError",
    "WorkloadCluster",
    "expand_ansible",
    "inventory_from_hosts",
    "inventory_of_cluster",
    "load_inventory",
    "load_waivers",
    "parse_host_spec",
    "parse_roles",
]
