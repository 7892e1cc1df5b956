"""Ids of the requirements that faults are seeded for."""

APP_RELEASES = "postinstall.appreleases.healthy"
PODS = "postinstall.pods.healthy"
RESTARTS = "postinstall.pods.restarts"
ROLLED_OUT = "postinstall.workloads.rolled-out"
NODES = "postinstall.nodes.ready"
COUNT = "postinstall.control-plane.count"
API_SERVER = "postinstall.control-plane.apiserver"
ETCD = "postinstall.control-plane.etcd"
ETCD_ADVISED = f"{ETCD}-advised"
KUBERNETES = "postinstall.platform.kubernetes-version"
RESOURCES = "postinstall.platform.resources"
ARCHITECTURE = "postinstall.platform.architecture-constraint"
CONSOLE = "postinstall.platform.web-console"
REGISTRY = "postinstall.platform.registry"
LOAD_BALANCER = "postinstall.platform.load-balancer"
CERTIFICATES = "postinstall.platform.certificates"
CERTIFICATES_ADVISED = f"{CERTIFICATES}-advised"
PRODUCT_DOCS = "postinstall.platform.product-docs"
INSTALLER = "postinstall.platform.installer-removed"
DNS = "postinstall.cluster.dns"
STORAGE = "postinstall.cluster.storage"
API_SERVICES = "postinstall.cluster.apiservices"
CSR = "postinstall.cluster.csr"
WEBHOOKS = "postinstall.cluster.webhooks"
CNI = "postinstall.cluster.cni"
ISOLATION = "postinstall.isolation.marks"
FOREIGN_WORKLOADS = "postinstall.isolation.foreign-workloads"

ALL = (
    APP_RELEASES,
    PODS,
    RESTARTS,
    ROLLED_OUT,
    NODES,
    COUNT,
    API_SERVER,
    ETCD,
    ETCD_ADVISED,
    KUBERNETES,
    RESOURCES,
    ARCHITECTURE,
    CONSOLE,
    REGISTRY,
    LOAD_BALANCER,
    CERTIFICATES,
    CERTIFICATES_ADVISED,
    PRODUCT_DOCS,
    INSTALLER,
    DNS,
    STORAGE,
    API_SERVICES,
    CSR,
    WEBHOOKS,
    CNI,
    ISOLATION,
    FOREIGN_WORKLOADS,
)
"""All of stage postinstall."""
