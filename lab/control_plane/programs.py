"""The programs of a control plane: from KUBEBUILDER_ASSETS, or built once through Go modules and kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import built, cache_folder
from lab.programs import ENVIRONMENT, LabError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lab.control_plane.releases import Release

ETCD = ("etcd", "etcdctl")
SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
NODE = ("kubelet", "kubectl")
DNS = ("coredns",)
KUBERNETES = (*SERVERS, *NODE)
ALL = (*ETCD, *KUBERNETES, *DNS)

ASSETS = "KUBEBUILDER_ASSETS"
"""The environment's variable that names a folder of programs, as envtest uses it."""
_MODULES = Path(__file__).parent / "go"
_OLDEST_GO = (1, 24)


def programs(release: Release, names: Iterable[str] = ALL, say: Callable[[str], None] = print) -> dict[str, Path]:
    """Give programs by name; builds what is neither in KUBEBUILDER_ASSETS nor in the cache.

    Raises:
        LabError: they are not there, and cannot be built; says what to do.
    """
    found = _assets(release)
    wanted = {name: found[name] for name in names if name in found}
    for name in names:
        if name not in wanted:
            wanted[name] = _built(release, name, say) / name
    return wanted


class _NotBuiltError(Exception):
    """Something is not in the cache."""


def are_built(release: Release) -> bool:
    """Tell whether all programs of a release are there, so that none would be built now."""
    return is_there(lambda say: programs(release, say=say))


def is_there(prepare: Callable[[Callable[[str], None]], object]) -> bool:
    """Tell whether what ``prepare`` gives is there, so that nothing would be built now."""

    def refuse(line: str) -> None:
        # It is told before anything is built.
        raise _NotBuiltError(line)

    try:
        prepare(refuse)
    except (_NotBuiltError, LabError):
        return False
    return True


def _assets(release: Release) -> dict[str, Path]:
    """Give the programs of KUBEBUILDER_ASSETS; those of Kubernetes only if they are of this minor release."""
    folder = os.environ.get(ASSETS)
    if not folder:
        return {}
    found = {name: Path(folder) / name for name in ALL if os.access(Path(folder) / name, os.X_OK)}
    server = found.get("kube-apiserver")
    said = run(str(server), "--version") if server else ""
    if not re.match(rf"Kubernetes v{re.escape(release.minor)}\.", said):
        found = {name: path for name, path in found.items() if name not in KUBERNETES}
    return found


def _built(release: Release, name: str, say: Callable[[str], None]) -> Path:
    """Give the folder with a program and those that are built with it."""
    if name in ETCD:
        minor = release.etcd.rpartition(".")[0]
        packages: tuple[str, ...] = ("go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/etcdctl/v3")
        return _module(f"etcd-{minor}", packages, "", {"server": "etcd"}, say)
    if name in DNS:
        return _module(f"coredns-{release.coredns.rpartition('.')[0]}", (".",), "", {}, say)
    packages = tuple(f"k8s.io/kubernetes/cmd/{command}" for command in KUBERNETES)
    return _module(f"kubernetes-{release.minor}", packages, _version_flags(release), {}, say)


def _version_flags(release: Release) -> str:
    """Give the linker's flags by which the programs say their version, as Kubernetes' own build sets them."""
    major, minor, _ = release.kubernetes.split(".")
    values = {"gitVersion": f"v{release.kubernetes}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(f"-X k8s.io/component-base/version.{key}={value}" for key, value in values.items())


def _module(
    name: str, packages: tuple[str, ...], flags: str, renamed: dict[str, str], say: Callable[[str], None]
) -> Path:
    return go_module(_MODULES / name, packages, flags, renamed, say)


def go_module(
    module: Path, packages: tuple[str, ...], flags: str, renamed: Mapping[str, str], say: Callable[[str], None]
) -> Path:
    """Give the folder with the programs of a Go module, which are built once.

    Args:
        module: its folder.
        packages: those with the programs.
        flags: the linker's.
        renamed: how Go calls a program, and how it is to be called.
        say: is told when it is built.

    Raises:
        LabError: they cannot be built; says what to do.
    """
    sources = sorted(module.iterdir())
    recipe = (packages, flags, renamed, [(path.name, path.read_text(encoding="utf-8")) for path in sources])

    def build(folder: Path) -> None:
        _check_go(module.name)
        command = ["nice", "-n", "10", "go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly"]
        _compile([*command, "-ldflags", f"-s -w {flags}", "-o", f"{folder}/", *packages], module)
        for built_as, called in renamed.items():
            (folder / built_as).rename(folder / called)

    return built(module.name, recipe, build, say)


def _compile(command: list[str], module: Path) -> None:
    environment = {**ENVIRONMENT, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""}
    done = subprocess.run(
        command, cwd=module, env=environment, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise LabError(f"building {module.name} through Go modules failed: {done.stderr.strip()[-2000:]}")


def _check_go(module: str) -> None:
    """Make sure that there is a Go that can build this.

    Raises:
        LabError: there is none, or it is too old; says what to do.
    """
    needed = ".".join(map(str, _OLDEST_GO))
    advice = (
        f"install Go {needed} or newer, with which the lab builds them once into {cache_folder()},"
        f" or set {ASSETS} to a folder that holds them"
    )
    if shutil.which("go", path=ENVIRONMENT["PATH"]) is None:
        raise LabError(f"the programs of {module} are not here, and there is no Go to build them: {advice}")
    said = run("go", "env", "GOVERSION", environment={"GOTOOLCHAIN": "local"})
    version = re.match(r"go(\d+)\.(\d+)", said)
    if version is None or tuple(map(int, version.groups())) < _OLDEST_GO:
        raise LabError(f"the programs of {module} are not here, and {said.strip()} is too old to build them: {advice}")
