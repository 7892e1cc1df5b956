"""Faults of installed packages. Packages are really installed, from empty ones, with the node's own manager."""

from __future__ import annotations

from lab.faults.fault import Fault, unreadable

_CONFLICTS = "preflight.software.conflicting-packages"
_BINARIES = "preflight.software.conflicting-binaries"
_TOOLS = "preflight.software.tools"
_LVM = "preflight.software.lvm2"
_KUBELET = "preflight.software.kubelet-unit"
_LEFT = "preflight.software.leftover-folders"
_KUBERNETES = "preflight.software.existing-kubernetes"
_STOCK = "preflight.kernel.kernel-stock"
_UBUNTU = ("ubuntu-22.04",)
_RED_HAT = ("rhel-8.6", "rhel-7.8")
_PACKAGES = "/usr/lib/lab/packages"


def _install(package: str) -> str:
    return (
        f"if command -v dpkg >/dev/null; then dpkg --install {_PACKAGES}/{package}.deb; "
        f"else rpm --install {_PACKAGES}/{package}.rpm; fi"
    )


_DAMAGED = f"""
if [ -e /var/lib/dpkg/status ]; then echo 'neither a field nor a value' >/var/lib/dpkg/status; fi
for file in /var/lib/rpm/rpmdb.sqlite*; do
  {unreadable("$file")}
done
"""
_LOCAL = "local-storage"

# A folder of a process that has ended cannot be listed, by nobody.
_NO_LISTING = """
mkdir -p /opt/cni/bin
sleep 60 &
ended=$!
mount --bind /proc/$ended/net /opt/cni/bin
kill $ended
wait $ended || true
"""

FAULTS = (
    Fault("package-podman", _CONFLICTS, "podman is installed", _install("podman"), flavours=_RED_HAT),
    Fault("package-docker-ce", _CONFLICTS, "docker-ce, of docker's family, is installed", _install("docker-ce")),
    Fault("package-containerd", _CONFLICTS, "containerd is installed", _install("containerd"), flavours=_UBUNTU),
    Fault(
        "package-removed-config",
        "",
        "docker.io was removed and its configuration kept, which is healthy",
        f"{_install('docker.io')}\ndpkg --remove docker.io",
        flavours=_UBUNTU,
    ),
    Fault(
        "package-lookalike",
        f"{_CONFLICTS}-advised",
        "a package is installed whose name merely contains a conflicting one's",
        _install("golang-docker.io-tools"),
    ),
    Fault(
        "unreadable-packages",
        _CONFLICTS,
        "the package database is damaged",
        _DAMAGED,
        breaks=True,
        also=(f"{_CONFLICTS}-advised", _STOCK),
    ),
    Fault(
        "kernel-not-owned",
        _STOCK,
        "no package of the distribution brought the kernel",
        "dpkg --purge --force-all linux-image-$(cat /proc/sys/kernel/osrelease)",
        flavours=_UBUNTU,
    ),
    Fault(
        "kernel-not-owned-rpm",
        _STOCK,
        "no package of the distribution brought the kernel",
        "rpm -e --nodeps kernel kernel-core",
        flavours=("rhel-8.6",),
    ),
    Fault("lvm-missing", _LVM, "lvm2 is not installed", "rpm -e --nodeps lvm2", flavours=_RED_HAT, plan=_LOCAL),
    Fault("unreadable-lvm", _LVM, "the package database is damaged", _DAMAGED, breaks=True, plan=_LOCAL),
    Fault(
        "binary-nerdctl",
        _BINARIES,
        "nerdctl lies in /usr/local/bin",
        "printf '#!/bin/sh\\n' >/usr/local/bin/nerdctl",
    ),
    Fault(
        "binary-plugin",
        _BINARIES,
        "a plugin lies in /opt/cni/bin",
        "mkdir -p /opt/cni/bin\nprintf '#!/bin/sh\\n' >/opt/cni/bin/bridge",
    ),
    Fault(
        "unreadable-folders",
        _BINARIES,
        "/opt/cni/bin cannot be listed",
        _NO_LISTING,
        breaks=True,
        also=(_KUBELET, _LEFT, _KUBERNETES),
    ),
    Fault("tool-missing", _TOOLS, "md5sum is not installed", "rm $(command -v md5sum)"),
    Fault("no-copying", _TOOLS, "neither scp nor sftp is installed", "rm $(command -v scp) $(command -v sftp)"),
    Fault(
        "kubelet-unit",
        _KUBELET,
        "a unit for kubelet is there",
        "printf '[Unit]\\nDescription=kubelet\\n' >/etc/systemd/system/kubelet.service",
    ),
    Fault("left-docker", _LEFT, "docker has left its folder", "mkdir -p /var/lib/docker/overlay2"),
    Fault(
        "left-containerd",
        _LEFT,
        "containerd has left something on its file system",
        "mkdir /var/lib/containerd/io.containerd.content.v1.content",
    ),
    Fault(
        "kubernetes-process",
        _KUBERNETES,
        "a kubelet runs",
        "cp /usr/bin/sleep /run/kubelet\n/run/kubelet 86400 </dev/null >/dev/null 2>&1 &",
    ),
    Fault(
        "kubernetes-manifests",
        _KUBERNETES,
        "there are manifests of static pods",
        "mkdir -p /etc/kubernetes/manifests\necho 'kind: Pod' >/etc/kubernetes/manifests/etcd.yaml",
    ),
)
