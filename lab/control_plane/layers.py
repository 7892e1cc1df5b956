"""File trees that are laid over a flavour's: what runs containers, and a release's programs with their images."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import built
from lab.control_plane.images import control_plane_images, fingerprint, write_archive
from lab.control_plane.node_setup import IMPORT, SERVICE_PROGRAM, START_CONTAINERD, containerd_config, containerd_files
from lab.control_plane.programs import ALL, DNS, programs
from lab.control_plane.releases import RELEASES
from lab.node_root import write_files
from lab.nodes import NodeSpec
from lab.programs import LabError, run
from lab.site import Lab
from lab.trees import build_in, common_layers, proxies, workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.control_plane.images import Image
    from lab.control_plane.releases import Release

PACKAGES = ("containerd", "runc", "containernetworking-plugins", "conntrack", "haproxy")
SEED = "usr/lib/lab/containerd"
"""Where a node finds what containerd holds at its start."""
_CONTAINERD = "var/lib/containerd"
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
    """Give the layer with a release's programs of a node, and its images as containerd holds them.

    Raises:
        LabError: as :func:`lab.control_plane.programs.programs`.
    """
    found = programs(release, ALL, say)
    images = control_plane_images(release, found)
    chosen = {name: found[name] for name in _ON_NODES}

    containers = containers_layer(say)

    def build(layer: Path) -> None:
        _place(chosen, layer)
        _import_images(images, containers, layer / SEED)

    recipe = (_identities(chosen), [fingerprint(image) for image in images], containers.name, containerd_config())
    return built(f"node-{release.minor}", recipe, build, say)


def _import_images(images: Sequence[Image], containers: Path, seed: Path) -> None:
    """Have the containerd of a node import images, and keep what it holds then: so no node has to do that again."""
    with Lab([NodeSpec("images", "debian-12", layers=(containers,), containers=True)], "images") as lab:
        node = lab.nodes["images"]
        root = Path(f"/proc/{node.pid}/root")
        write_files(root, containerd_files())
        write_archive(images, root / "var/tmp/images.tar")
        done = node.run(f"set -e; {START_CONTAINERD}; {IMPORT} /var/tmp/images.tar; /{SERVICE_PROGRAM} stop containerd")
        if done.returncode:
            raise LabError(f"containerd does not import the images: {(done.stderr or done.stdout).strip()}")
        seed.parent.mkdir(parents=True)
        run("cp", "-a", str(root / _CONTAINERD), str(seed))


def server_layer(release: Release, say: Callable[[str], None]) -> Path:
    """Give the layer with etcd and the API server only.

    Raises:
        LabError: as :func:`lab.control_plane.programs.programs`.
    """
    chosen = programs(release, ALONE, say)
    return built(f"server-{release.minor}", _identities(chosen), lambda layer: _place(chosen, layer), say)


def dns_layer(release: Release, say: Callable[[str], None]) -> Path:
    """Give the layer with CoreDNS only, for a name server of its own.

    Raises:
        LabError: as :func:`lab.control_plane.programs.programs`.
    """
    chosen = programs(release, DNS, say)
    return built("dns", _identities(chosen), lambda layer: _place(chosen, layer), say)


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
    # A link to a link would lead nowhere in a node.
    path = path.resolve()
    try:
        os.link(path, place)
    except OSError:
        # Another file system, or a link that the system does not allow.
        shutil.copy2(path, place)
