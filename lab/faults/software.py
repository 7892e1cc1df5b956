"""Faults of installed packages. Packages are really installed, from empty ones, with the node's own manager."""

from __future__ import annotations

from lab.faults.fault import Fault, unreadable

_CONFLICTS = "preflight.software.conflicting-packages"
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
    Fault("unreadable-packages", _CONFLICTS, "the package database is damaged", _DAMAGED, breaks=True),
)
