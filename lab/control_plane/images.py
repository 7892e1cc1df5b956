"""Container images made from local files, in the archive form that containerd imports; no registry is asked."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lab.programs import LabError, need, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lab.control_plane.releases import Release

REPOSITORY = "registry.lab.example/tkestack"
"""Where images seem to come from: no such registry is there."""
_BUSYBOX = Path("/bin/busybox")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BLOCK = 1 << 20
_OF_THE_SYSTEM = ("bin", "sbin", "lib", "lib64")


@dataclass(frozen=True)
class Image:
    """An image.

    Attributes:
        name: with its tag.
        files: place in the image to what is there: a local file, a text, or bytes.
        command: what a container runs, unless its Pod says otherwise.
        busybox: the image has busybox with all its commands.
        links: symbolic links: place to target.
        below: archive of a file tree that the files are laid over.
        user: who a container runs as, unless its Pod says otherwise: root, where it is empty.
        folder: where it runs.
    """

    name: str
    files: Mapping[str, Path | str | bytes] = field(default_factory=dict)
    command: Sequence[str] = ()
    busybox: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    below: Path | None = None
    user: str = ""
    folder: str = "/"


def image_name(program: str, version: str) -> str:
    """Give the name of an image of the lab's own."""
    return f"{REPOSITORY}/{program}:{version}"


PAUSE = image_name("pause", "3.10")
BUSYBOX = image_name("busybox", "1.35")


def base_images() -> list[Image]:
    """Give the image that holds the namespaces of each Pod, and one with busybox for any purpose."""
    return [
        # The last moment that a sleep can be told: 68 years.
        Image(PAUSE, {"bin/busybox": busybox()}, ("/bin/busybox", "sleep", "2147483647")),
        Image(BUSYBOX, busybox=True, command=("sh",)),
    ]


def control_plane_images(release: Release, programs: Mapping[str, Path]) -> list[Image]:
    """Give the images of a control plane's Pods: each holds its program, and no shell."""
    servers = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    version = f"v{release.kubernetes}"
    etcd = {f"usr/local/bin/{name}": programs[name] for name in ("etcd", "etcdctl")}
    return [
        *base_images(),
        *(Image(image_name(name, version), {f"usr/local/bin/{name}": programs[name]}, (name,)) for name in servers),
        Image(image_name("etcd", f"v{release.etcd}"), etcd, ("etcd",)),
        Image(image_name("coredns", release.coredns), {"coredns": programs["coredns"]}, ("/coredns",)),
        # The programs that it calls to write rules are the node's, which its Pod mounts in the image's usr.
        Image(
            image_name("kube-proxy", version),
            {"opt/kube-proxy": programs["kube-proxy"]},
            ("/opt/kube-proxy",),
            links={name: f"usr/{name}" for name in _OF_THE_SYSTEM},
        ),
    ]


def busybox() -> Path:
    """Give this machine's busybox, which needs no library.

    Raises:
        LabError: it is not there, or needs libraries.
    """
    need(str(_BUSYBOX), "busybox-static")
    if b"/ld-linux" in _BUSYBOX.read_bytes():
        raise LabError(f"{_BUSYBOX} needs libraries; install one that does not: apt-get install busybox-static")
    return _BUSYBOX


def write_archive(images: Iterable[Image], target: Path) -> None:
    """Write images into one archive, the same bytes for the same files.

    Raises:
        LabError: an image wants busybox and there is none.
    """
    manifest = []
    with tarfile.open(target, "w") as archive:
        for image in images:
            digests = list(_add_layers(image, archive))
            config = json.dumps(_config(image, digests)).encode()
            config_name = f"{hashlib.sha256(config).hexdigest()}.json"
            _add(archive, config_name, config)
            layers = [_layer_name(digest) for digest in digests]
            manifest.append({"Config": config_name, "RepoTags": [image.name], "Layers": layers})
        _add(archive, "manifest.json", json.dumps(manifest).encode())


def _add_layers(image: Image, archive: tarfile.TarFile) -> Iterator[str]:
    """Add what an image consists of, the lowest first, and give the digest of each."""
    if image.below is not None:
        with image.below.open("rb") as stream:
            digest = hashlib.sha256()
            while block := stream.read(_BLOCK):
                digest.update(block)
        archive.add(image.below, _layer_name(digest.hexdigest()))
        yield digest.hexdigest()
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tree:
        _fill(image, tree)
    name = hashlib.sha256(layer.getbuffer()).hexdigest()
    _add(archive, _layer_name(name), layer.getvalue())
    yield name


def _layer_name(digest: str) -> str:
    return f"{digest}/layer.tar"


def fingerprint(image: Image) -> tuple[object, ...]:
    """Give what decides an image's content: sources by path, size and time of their last change."""
    sources: list[tuple[object, ...]] = []
    for place, source in image.files.items():
        if isinstance(source, Path):
            about = source.stat()
            sources.append((place, str(source), about.st_size, about.st_mtime_ns))
        else:
            sources.append((place, "", len(source), hash_of(source)))
    return image.name, tuple(sources), tuple(image.command), image.busybox, tuple(image.links.items())


def hash_of(content: str | bytes) -> str:
    """Give the digest of a text or of bytes."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _fill(image: Image, tree: tarfile.TarFile) -> None:
    files: dict[str, Path | str | bytes] = dict(image.files)
    links = dict(image.links)
    if image.busybox:
        files["bin/busybox"] = busybox()
        commands = run(str(_BUSYBOX), "--list").split()
        links |= {f"bin/{command}": "busybox" for command in commands if command != "busybox"}
    for folder in ("etc", "proc", "sys", "dev", "tmp", "usr", *_parents(files)):
        entry = tarfile.TarInfo(folder)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
        tree.addfile(entry)
    for place, source in files.items():
        content = source.read_bytes() if isinstance(source, Path) else source
        _add(tree, place, content.encode() if isinstance(content, str) else content, 0o755)
    for place, link in links.items():
        entry = tarfile.TarInfo(place)
        entry.type, entry.linkname = tarfile.SYMTYPE, link
        tree.addfile(entry)


def _parents(files: Iterable[str]) -> list[str]:
    parents = {str(parent) for place in files for parent in Path(place).parents}
    return sorted(parents - {".", "etc", "tmp", "usr"})


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _config(image: Image, digests: Sequence[str]) -> dict[str, object]:
    machine = platform.machine()
    return {
        "architecture": _MACHINES.get(machine, machine),
        "os": "linux",
        "config": {"Cmd": list(image.command), "Env": [_PATH], "User": image.user, "WorkingDir": image.folder},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
    }
