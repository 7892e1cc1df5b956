"""Keys, certificates and kubeconfigs of a cluster, in the places where its nodes have them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import yaml

from lab.control_plane.certificates import Authority, Pair, key_pair
from lab.control_plane.layout import API_PORT
from lab.plan import NodeFile

if TYPE_CHECKING:
    from lab.control_plane.layout import Layout, Member

PKI = "etc/kubernetes/pki"
_PRIVATE = 0o600


class Keys:
    """The authorities of one cluster, and what they sign for its nodes and people.

    Attributes:
        authority: signs for Kubernetes.
        etcd: signs for etcd.
        front: signs for the API server's requests to others that extend it.
        accounts: the key of the tokens of service accounts.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.authority = Authority("kubernetes")
        self.etcd = Authority("etcd-ca")
        self.front = Authority("front-proxy-ca")
        self.accounts = key_pair()

    def kubeconfig(self, user: str, organisations: tuple[str, ...] = (), server: str | None = None) -> str:
        """Give the text of a kubeconfig for a user, whose certificate is signed here."""
        pair = self.authority.sign(user, organisations)
        return kubeconfig_text(server or self._layout.server, self.authority.pair.certificate, user, pair)

    def admin(self) -> str:
        """Give the administrator's kubeconfig."""
        return self.kubeconfig("kubernetes-admin", ("system:masters",))

    def node_files(self, member: Member) -> list[NodeFile]:
        """Give the files of a node; one of the control plane has more."""
        own = f"https://{member.address}:{API_PORT}" if member.control_plane else None
        user, groups = f"system:node:{member.name}", ("system:nodes",)
        served = self.authority.sign(user, groups, list(dict.fromkeys((member.name, member.address))))
        files = [
            NodeFile(f"{PKI}/ca.crt", self.authority.pair.certificate),
            *_pair("var/lib/kubelet/pki/kubelet", served),
            _secret("etc/kubernetes/kubelet.conf", self.kubeconfig(user, groups, own)),
        ]
        return [*files, *self._control_plane_files(member)] if member.control_plane else files

    def _control_plane_files(self, member: Member) -> list[NodeFile]:
        sign = self.authority.sign
        own = f"https://{member.address}:{API_PORT}"
        vip = [self._layout.vip] if self._layout.vip else []
        etcd_names = list(dict.fromkeys(("localhost", "127.0.0.1", member.address, member.name, *vip)))
        return [
            _secret(f"{PKI}/ca.key", self.authority.pair.key),
            *_pair(f"{PKI}/front-proxy-ca", self.front.pair),
            *_pair(f"{PKI}/front-proxy-client", self.front.sign("front-proxy-client")),
            *_pair(f"{PKI}/apiserver", sign("kube-apiserver", (), self._layout.server_names)),
            *_pair(f"{PKI}/apiserver-kubelet-client", sign("kube-apiserver-kubelet-client", ("system:masters",))),
            *_pair(f"{PKI}/apiserver-etcd-client", self.etcd.sign("kube-apiserver-etcd-client", ("system:masters",))),
            NodeFile(f"{PKI}/sa.pub", self.accounts.certificate),
            _secret(f"{PKI}/sa.key", self.accounts.key),
            *_pair(f"{PKI}/etcd/ca", self.etcd.pair),
            *_pair(f"{PKI}/etcd/server", self.etcd.sign(member.name, (), etcd_names)),
            *_pair(f"{PKI}/etcd/peer", self.etcd.sign(member.name, (), etcd_names)),
            _secret("etc/kubernetes/admin.conf", self.admin()),
            _secret(
                "etc/kubernetes/controller-manager.conf",
                self.kubeconfig("system:kube-controller-manager", server=own),
            ),
            _secret("etc/kubernetes/scheduler.conf", self.kubeconfig("system:kube-scheduler", server=own)),
        ]


def kubeconfig_text(server: str, authority: str, user: str, pair: Pair) -> str:
    """Give the text of a kubeconfig with everything in it."""
    context = {"name": f"{user}@lab", "context": {"cluster": "lab", "user": user}}
    cluster = {"server": server, "certificate-authority-data": _encoded(authority)}
    own = {"client-certificate-data": _encoded(pair.certificate), "client-key-data": _encoded(pair.key)}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": user, "user": own}],
            "contexts": [context],
            "current-context": context["name"],
        },
        sort_keys=False,
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _secret(path: str, text: str) -> NodeFile:
    return NodeFile(path, text, _PRIVATE)


def _pair(path: str, pair: Pair) -> list[NodeFile]:
    return [NodeFile(f"{path}.crt", pair.certificate), _secret(f"{path}.key", pair.key)]
