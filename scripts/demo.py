"""The main job on real input: five lab nodes with faults, an installed cluster, and a disaster recovery pair.

Without root this machine itself is judged; where no cluster can start, recorded runs are judged again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
RECORDED = ROOT / "inventories" / "recorded"


def main() -> int:
    """Run the demo; its exit status says whether the demo worked, not whether the nodes are accepted."""
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    if os.geteuid() == 0 and shutil.which("debootstrap"):
        status = _on_lab_nodes()
    else:
        print("Without root there is no lab: this machine itself is judged, as a single control plane node.")
        print("Left out: SSH, several nodes, seeded faults.\n", flush=True)
        status = _pytest("--hosts=local://=control_plane+installer", "--acp-release=4.2", "--acp-topology=single_node")
    if status in {0, 1}:
        print("\n=== After the installation ===\n", flush=True)
        status = _installed()
    if status in {0, 1}:
        print("\n=== Disaster recovery ===\n", flush=True)
        status = _recovery()
    if status not in {0, 1}:
        print(f"\nThe demo did not work: pytest ended with {status}.")
        return status
    print("\nThat was the demo: a failure above is the suite doing its work. Judge the same again without any node:")
    print("  .venv/bin/pytest --acp-snapshot=<the folder above> --acp-lang=ru")
    return 0


def _on_lab_nodes() -> int:
    from lab.demo import demo_lab  # noqa: PLC0415 - needs the path set above

    print("Starting five lab nodes with faults (the first time their file systems are built) ...", flush=True)
    with demo_lab() as lab:
        return _pytest(f"--acp-inventory={lab.inventory}")


def _installed() -> int:
    """Judge an installed cluster: a real control plane with the platform's objects and three faults."""
    from lab.cluster_demo import FAULTS_OF_DEMO, demo_platform, missing  # noqa: PLC0415 - needs the path set above

    if reason := missing():
        print(f"No cluster is started here: {reason}")
        print("A recorded run over a cluster is judged again.\n", flush=True)
        return _pytest(f"--acp-snapshot={RECORDED / 'installed-cluster'}")
    print(f"Starting a control plane with the platform's objects, and {len(FAULTS_OF_DEMO)} faults ...", flush=True)
    with demo_platform() as inventory:
        return _pytest("--acp-stage=postinstall", f"--acp-inventory={inventory}")


def _recovery() -> int:
    """Judge a pair: two real clusters, one of which is kept like the other, and three faults."""
    from lab import cluster_demo  # noqa: PLC0415 - needs the path set above
    from lab.pair.demo import FAULTS_OF_DEMO, demo_pair, missing  # noqa: PLC0415 - likewise

    if reason := cluster_demo.missing() or missing():
        print(f"No pair is started here: {reason}")
        print("A recorded run over a pair is judged again.\n", flush=True)
        return _pytest(f"--acp-snapshot={RECORDED / 'recovery-pair'}")
    print(
        f"Starting two clusters, what carries one over to the other, and {len(FAULTS_OF_DEMO)} faults ...", flush=True
    )
    with demo_pair() as (inventory, inside):
        return _pytest("--acp-stage=dr", f"--acp-inventory={inventory}", inside=inside)


def _pytest(*arguments: str, inside: Sequence[str] = ()) -> int:
    return subprocess.run([*inside, sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
