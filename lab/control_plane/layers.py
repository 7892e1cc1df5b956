"""File trees that are laid over a flavour's: what runs containers, and a release's programs with their images."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import built
from lab.control_plane.images import control_plane_images, fingerprint, write_archive
from lab.control_plane.programs import ALL, programs
from lab.control_plane.releases import RELEASES
from lab.trees import build_in, common_layers, proxies, workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lab.control_plane.releases import Release

PACKAGES = ("containerd", "runc", "containernetworking-plugins", "conntrack", "haproxy")
ARCHIVE = "usr/lib/lab/images/images.tar"
_FILES = Path(__file__).parent / "files"
_ON_NODES = ("kubelet", "kubectl")
ALONE = ("etcd", "etcdctl", "kube-apiserver", "kubectl")
"""What an API server without nodes needs."""


def containers_layer(say: Callable[[str], None]) -> Path:
    """Give the layer with containerd, runc, the CNI plugins and haproxy, from the nodes' own Debian.

    Raises:
        LabError: the Debian mirror cannot be reached.
    """
    base = common_layers(say)[-1]
    script = (_FILES / "containers.sh").read_text(encoding="utf-8")
    return built("containers", (PACKAGES, script, base.name), lambda folder: _unpack(base, folder), say)


def _unpack(base: Path, layer: Path) -> None:
    with workshop(layer) as place:
        material = place / "material"
        shutil.copy(_FILES / "containers.sh", material)
        (material / "packages").write_text(" ".join(PACKAGES), encoding="ascii")
        lines = "".join(f"{name} {value}\n" for name, value in proxies().items())
        (material / "proxies").write_text(lines, encoding="utf-8")
        build_in(place, "containers.sh", [base], layer)


def node_layer(release: Release, say: Callable[[str], None]) -> Path:
    """Give the layer with a release's programs of a node, and the archive of its images.

    Raises:
        LabError: as :func:`lab.control_plane.programs.programs`.
    """
    found = programs(release, ALL, say)
    images = control_plane_images(release, found)
    chosen = {name: found[name] for name in _ON_NODES}

    def build(layer: Path) -> None:
        _place(chosen, layer)
        (layer / ARCHIVE).parent.mkdir(parents=True)
        write_archive(images, layer / ARCHIVE)

    recipe = (_identities(chosen), [fingerprint(image) for image in images])
    return built(f"node-{release.minor}", recipe, build, say)


def server_layer(release: Release, say: Callable[[str], None]) -> Path:
    """Give the layer with etcd and the API server only.

    Raises:
        LabError: as :func:`lab.control_plane.programs.programs`.
    """
    chosen = programs(release, ALONE, say)
    return built(f"server-{release.minor}", _identities(chosen), lambda layer: _place(chosen, layer), say)


def prepare_clusters(say: Callable[[str], None]) -> None:
    """Build everything that clusters of all releases need.

    Raises:
        LabError: as the layers' functions.
    """
    containers_layer(say)
    for release in RELEASES.values():
        node_layer(release, say)
        server_layer(release, say)


def _identities(chosen: Mapping[str, Path]) -> list[tuple[str, str, int, int]]:
    about = {name: (path, path.stat()) for name, path in chosen.items()}
    return [(name, str(path), status.st_size, status.st_mtime_ns) for name, (path, status) in about.items()]


def _place(chosen: Mapping[str, Path], layer: Path) -> None:
    folder = layer / "usr" / "local" / "bin"
    folder.mkdir(parents=True)
    for name, path in chosen.items():
        _link(path, folder / name)


def _link(path: Path, place: Path) -> None:
    try:
        os.link(path, place)
    except OSError:
        # Another file system, or a link that the system does not allow.
        shutil.copy2(path, place)
