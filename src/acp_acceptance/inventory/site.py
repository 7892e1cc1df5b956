"""The site: what was bought and planned, as the installer's pages will be filled in."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from acp_acceptance.inventory import addresses
from acp_acceptance.inventory.nodes import Frozen
from acp_acceptance.inventory.parameters import InstallationParameters, LocalPath, one_or_many

OVER_SSH = "ssh"
"""What stands for a kubeconfig where the first control plane node's own is to be used."""


class Topology(str, Enum):
    """The platform's form of installation."""

    SINGLE_NODE = "single_node"
    SINGLE_CLUSTER = "single_cluster"
    MULTI_CLUSTER = "multi_cluster"


class Cni(str, Enum):
    """The network plugin of the cluster."""

    KUBE_OVN = "kube-ovn"
    CALICO = "calico"


class IpFamily(str, Enum):
    """Cluster Network Protocol on the installer's page."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    DUAL_STACK = "dual_stack"


class Storage(str, Enum):
    """Storage that is planned on the platform's nodes."""

    TOPOLVM = "topolvm"
    ROOK = "rook"
    MINIO = "minio"
    NFS = "nfs"
    OTHER = "other"


class ClusterRole(str, Enum):
    """Which side of a disaster recovery pair a cluster is."""

    PRIMARY = "primary"
    STANDBY = "standby"


def _none_as_empty(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    return {} if value is None else value


def _as_text(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _checksum(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", text.lower()):
        raise ValueError("this is no checksum; write sha256: and 64 hexadecimal digits, or md5: and 32")
    return text.lower()


Address = Annotated[str, AfterValidator(addresses.checked_address), Field(examples=["192.0.2.10"])]
FolderName = Annotated[str, AfterValidator(addresses.checked_folder_name), Field(examples=["acme-moscow"])]
NetworkList = Annotated[
    tuple[Annotated[str, AfterValidator(addresses.checked_network)], ...],
    BeforeValidator(one_or_many),
    Field(examples=["10.3.0.0/16"]),
]


class ClusterPlan(Frozen):
    """What is planned for one cluster.

    Attributes:
        vip: the VIP of the ``global`` cluster.
        external_ip: its address for workload clusters in other networks.
        network: name of the network its nodes are in; the cluster's own name unless said.
        kubeconfig: file that reaches the cluster's API, on the machine that runs the suite.
        context: the context in that file.
        installed: the platform runs on it already; preflight then only looks at what lies between it and others.
        etcd_endpoints: where the other side's etcd synchroniser reaches this cluster's etcd directly.
        parameters: what its installer's pages ask.
    """

    vip: Address | None = None
    external_ip: Address | None = None
    network: str | None = Field(default=None, min_length=1, examples=["site-a"])
    kubeconfig: LocalPath | None = Field(default=None, examples=["kubeconfigs/global.yaml"])
    context: str | None = Field(default=None, min_length=1, examples=["admin@global"])
    installed: bool = Field(default=False, examples=["true"])
    etcd_endpoints: Annotated[
        tuple[Annotated[str, AfterValidator(addresses.checked_etcd_endpoint)], ...], BeforeValidator(one_or_many)
    ] = ()
    parameters: InstallationParameters = InstallationParameters()


class Cluster(ClusterPlan):
    """A ``global`` cluster of the site.

    Attributes:
        name: as in the inventory.
        role: its side of a disaster recovery pair; None where there is no pair.
    """

    name: str
    role: ClusterRole | None = None


class Networks(Frozen):
    """The cluster's own networks, one for each IP family in use; None is the platform's default.

    Attributes:
        pods: of containers.
        services: of Services.
        join: of Kube-OVN between nodes and containers.
    """

    pods: NetworkList | None = None
    services: NetworkList | None = None
    join: NetworkList | None = None


class Package(Frozen):
    """The Core Package on the installer node.

    Attributes:
        file: its path there; looked for in ``folder`` unless said.
        folder: where it is unpacked.
        architecture: of the package.
        checksum: what the file must have, as ``sha256:`` or ``md5:`` and digits.
        signature: path of its GPG signature there.
        keyring: path of the public keys there that the signature is verified with.
    """

    file: str | None = Field(default=None, min_length=1, examples=["/root/installer-core-v4.2.0-x86.tar"])
    folder: str = Field(default="/root/cpaas-install", pattern=r"^/[^\s*?\[\]]*$", examples=["/root/cpaas-install"])
    architecture: Literal["x86", "arm", "hybrid"] | None = None
    checksum: Annotated[str, AfterValidator(_checksum)] | None = None
    signature: str | None = Field(default=None, min_length=1, examples=["/root/installer-core-v4.0.0-x86.tar.sig"])
    keyring: str | None = Field(default=None, min_length=1, examples=["/root/alauda.gpg"])


class Isolation(Frozen):
    """Platform isolation is planned, and these marks show it; none of them is documented publicly.

    Attributes:
        taints: of the nodes for the platform alone, as ``key=value:Effect``.
        labels: of these nodes.
    """

    taints: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = ()
    labels: dict[str, str] = Field(default_factory=dict)


class WorkloadCluster(Frozen):
    """A workload cluster that sends its monitoring data to the primary.

    Attributes:
        kubeconfig: file that reaches its API.
        context: the context in that file.
    """

    kubeconfig: LocalPath = Field(examples=["kubeconfigs/production.yaml"])
    context: str | None = Field(default=None, min_length=1, examples=["production"])


class DrSettings(Frozen):
    """What only a disaster recovery pair has.

    Attributes:
        workload_clusters: those that send their monitoring data to the primary.
        switched_at: when the domain was switched to the standby, after a failover.
        canary_namespace: one that is synchronised, in which the canary of ``--acp-active`` is made.
        data_check_interval: default of the plugin's Data Check Interval, as its page shows it; it is not public.
    """

    workload_clusters: dict[str, WorkloadCluster] = Field(default_factory=dict)
    switched_at: AwareDatetime | None = Field(default=None, examples=["2026-11-21T14:30:00+03:00"])
    canary_namespace: str = Field(default="acp-acceptance", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    data_check_interval: Annotated[str, BeforeValidator(_as_text)] | None = Field(default=None, examples=["300"])


class DrPlan(DrSettings):
    """A disaster recovery pair.

    Attributes:
        primary: name of the cluster that serves the platform.
        standby: name of the cluster that stands by.
        phase: what is judged: whether the standby could take over, or whether it did (``--acp-dr-phase``). After a
            failover ``primary`` is the former primary.
    """

    primary: str
    standby: str
    phase: Literal["readiness", "failover"] = "readiness"

    @property
    def name(self) -> str:
        """The name of the pair as a whole, as a target."""
        return f"{self.primary}+{self.standby}"


class SiteSettings(Frozen):
    """What is said of the site as a whole.

    Attributes:
        cni: network plugin.
        ip_family: Cluster Network Protocol.
        managed_clusters: how many workload clusters the platform will manage.
        customer: for the reports.
        contract: for the reports.
        locale: language of the reports.
        networks: the cluster's own networks.
        storage: what is planned.
        package: the Core Package.
        isolation: None where platform isolation is not planned.
        search_domains_needed: whether the nodes need the search domains of their /etc/resolv.conf.
        workload_clusters_in_other_networks: whether there are any.
    """

    cni: Cni = Cni.KUBE_OVN
    ip_family: IpFamily = IpFamily.IPV4
    managed_clusters: int | None = Field(default=None, ge=0, examples=[10])
    customer: str | None = None
    contract: str | None = None
    locale: Literal["en", "ru", "zh"] | None = None
    networks: Networks = Networks()
    storage: Annotated[tuple[Storage, ...], BeforeValidator(one_or_many)] = ()
    package: Package = Package()
    isolation: Isolation | None = None
    search_domains_needed: bool = Field(default=False, examples=["true"])
    workload_clusters_in_other_networks: bool | None = Field(default=None, examples=["true"])


class Site(SiteSettings):
    """The site.

    Attributes:
        name: safe as a folder's name.
        release: of the platform, such as ``4.2``.
        topology: None where nobody says (plain hosts without inventory).
        clusters: by name; at least one.
        dr: None where the site is no disaster recovery pair.
    """

    name: FolderName
    release: str
    topology: Topology | None = None
    clusters: dict[str, Cluster]
    dr: DrPlan | None = None


class ClusterBlock(ClusterPlan):
    """A cluster as the file writes it."""

    role: ClusterRole | None = None


class SiteBlock(SiteSettings, ClusterPlan):
    """The site as the file writes it: keys of a cluster are those of its only one, parameters are defaults."""

    name: FolderName | None = None
    release: str = Field(min_length=1, examples=["4.2"])
    topology: Topology
    clusters: dict[FolderName, Annotated[ClusterBlock, BeforeValidator(_none_as_empty)]] | None = None
    dr: DrSettings | None = None
