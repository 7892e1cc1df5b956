"""The demo's installed cluster: one node, the platform's objects, and a few faults."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import yaml

from lab.control_plane import NEWEST, ControlPlane
from lab.control_plane.programs import are_built
from lab.control_plane.releases import release_of
from lab.platform import Platform
from lab.programs import LabError
from lab.site import check_machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELEASE = "4.3"
FAULTS_OF_DEMO = ("apprelease-not-ready", "pod-crashes", "served-ends-soon")


def missing() -> str:
    """Say what keeps a cluster from being started here at once; nothing where it can be."""
    try:
        check_machine()
    except LabError as reason:
        return str(reason)
    if not are_built(release_of(NEWEST)):
        if shutil.which("go") is None:
            return "its programs are not built, and there is no Go to build them"
        return "its programs are not built yet; `python -m lab prepare --clusters` builds them in some 20 minutes"
    return ""


@contextmanager
def demo_platform() -> Iterator[Path]:
    """Start it, and give the inventory of its site."""
    with ExitStack() as stack:
        plane = stack.enter_context(ControlPlane(NEWEST, "demo-cluster", balancer=True))
        platform = stack.enter_context(Platform(plane, release=RELEASE))
        for fault in FAULTS_OF_DEMO:
            stack.enter_context(platform.fault(fault))
        document = yaml.safe_load(plane.lab.inventory.read_text(encoding="utf-8"))
        site = document["all"]["vars"]["acp"]
        site |= {"name": "demo", "release": RELEASE, "kubeconfig": str(platform.kubeconfig)}
        # The lab's domain is known to its nodes only, and not to this machine.
        site["parameters"] |= {"platform_address": plane.vip, "certificate": {"kind": "self_signed"}}
        file = platform.kubeconfig.parent / "inventory.yml"
        # As the kubeconfig beside it: for its owner only.
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        yield file
