"""What is synchronised between the two clusters."""

from __future__ import annotations

EXCLUDED = (
    "cpaas-system",
    "cert-manager",
    "default",
    "global-credentials",
    "cpaas-system-global-credentials",
    "kube-ovn",
    "kube-public",
    "kube-system",
    "nsx-system",
    "cpaas-solution",
    "kube-node-lease",
    "kubevirt",
    "nativestor-system",
    "operators",
)
"""Namespaces that are not (global-dr-4.2, Notes)."""

CLUSTER_KINDS = ("platform.tkestack.io/clusters", "cluster.alauda.io/clustermodules")
"""Kinds outside of namespaces that are, beside the namespaces themselves; the objects called ``global`` are each
cluster's own. Which ones really are is not public: these let workload clusters show on both sides."""

NAMESPACES = ("acme", "retail")
"""Namespaces of projects, which are synchronised."""
