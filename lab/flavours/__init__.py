"""Operating systems a lab node can be: identity, kernel, boot configuration, package database. All of it is data."""

from lab.flavours import debian, kylin, red_hat
from lab.flavours.flavour import LARGER_CPUS, LARGER_MEMORY_GIB, Flavour

FLAVOURS = {flavour.name: flavour for flavour in (*debian.FLAVOURS, *red_hat.FLAVOURS, *kylin.FLAVOURS)}

SEEDED_PACKAGES = {
    "podman": "4.0.2-6",
    "docker-ce": "24.0.7-1",
    "containerd": "1.6.12-0ubuntu1",
    "docker.io": "20.10.21-0ubuntu1",
    "golang-docker.io-tools": "1.0-1",
}
"""Packages that faults install, really, from empty packages: name to version and release."""

__all__ = ["FLAVOURS", "LARGER_CPUS", "LARGER_MEMORY_GIB", "SEEDED_PACKAGES", "Flavour"]
