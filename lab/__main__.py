"""The lab's command: ``python -m lab up``, ``cluster``, ``down``, ``list``, ``faults``, ``prepare``."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from lab.cache import cache_folder
from lab.control_plane import NEWEST, RELEASES, ControlPlane
from lab.control_plane.access import KUBECONFIG
from lab.control_plane.layers import dns_layer, prepare_clusters
from lab.control_plane.suite_image import suite_image
from lab.demo import DEMO_FAULTS, usual_nodes, with_faults
from lab.faults import FAULTS, PLANS
from lab.flavours import FLAVOURS
from lab.networks import sweep
from lab.pair.synchroniser import image
from lab.programs import LabError
from lab.running import RunningLab, running_labs
from lab.site import Lab, check_machine
from lab.trees import prepare


def main() -> int:
    """Run the command."""
    chosen = _parser().parse_args()
    commands = {
        "up": _up,
        "cluster": _cluster,
        "down": _down,
        "list": _list,
        "faults": _faults,
        "prepare": _prepare,
    }
    try:
        commands[chosen.command](chosen)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="Real nodes on one machine. Needs root.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start a lab that stays until down")
    up.add_argument(
        "--nodes", type=int, default=5, metavar="N", help="how many (5): three for the control plane, workers"
    )
    up.add_argument("--flavour", choices=FLAVOURS, help="of all nodes; else ubuntu-22.04 and rhel-8.6 in turn")
    up.add_argument("--fault", action="append", default=[], metavar="NODE:FAULT", help="to seed; may be repeated")
    up.add_argument("--demo", action="store_true", help="seed a handful of different faults")
    up.add_argument("--inventory", type=Path, metavar="FILE", help="write the inventory there, too")
    _add_cluster(commands.add_parser("cluster", help="start a Kubernetes cluster that stays until down"))
    down = commands.add_parser("down", help="end a lab or a cluster")
    for command in (up, down):
        command.add_argument("--name", default="lab", help="of the lab (lab)")
    down.add_argument("--all", action="store_true", help="all labs that stay")
    commands.add_parser("list", help="show the labs that run")
    commands.add_parser("faults", help="show the faults that can be seeded")
    prepared = commands.add_parser("prepare", help="build the nodes' file trees, which the first lab does otherwise")
    prepared.add_argument("--clusters", action="store_true", help="also the programs and images of clusters")
    return parser


def _add_cluster(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", choices=RELEASES, default=NEWEST, help=f"of Kubernetes ({NEWEST})")
    parser.add_argument("--control-plane", type=int, default=1, metavar="N", help="nodes with etcd and API server (1)")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="nodes that only run Pods (0)")
    parser.add_argument("--name", default="cluster", help="of the cluster (cluster)")


def _up(chosen: argparse.Namespace) -> None:
    check_machine()
    _check_free(chosen.name)
    specs = usual_nodes(chosen.nodes, chosen.flavour)
    if chosen.demo:
        specs = with_faults(specs, DEMO_FAULTS)
    lab = Lab(with_faults(specs, _named_faults(chosen.fault, {spec.name for spec in specs})), chosen.name, stays=True)
    lab.start()
    for node in lab.nodes.values():
        print(f"{node.spec.name:12}{node.address:16}{node.spec.flavour:16}{' '.join(node.spec.faults)}")
    if chosen.inventory:
        shutil.copy(lab.inventory, chosen.inventory)
    _print_use(lab.name, lab.directory, next(iter(lab.nodes)))


def _cluster(chosen: argparse.Namespace) -> None:
    check_machine()
    _check_free(chosen.name)
    plane = ControlPlane(
        chosen.version, chosen.name, stays=True, control_plane=chosen.control_plane, workers=chosen.workers
    )
    plane.start()
    for node in plane.nodes.values():
        print(f"{node.spec.name:12}{node.address:16}{' '.join(node.spec.roles)}")
    _print_use(chosen.name, plane.lab.directory, "cp-1")


def _check_free(name: str) -> None:
    if any(lab.name == name and lab.owner is None for lab in running_labs()):
        raise LabError(f"lab {name} runs already; end it with: python -m lab down --name {name}")


def _named_faults(texts: list[str], names: set[str]) -> dict[str, tuple[str, ...]]:
    faults: dict[str, tuple[str, ...]] = {}
    for text in texts:
        node, colon, fault = text.partition(":")
        if not colon:
            raise LabError(f"--fault {text}: write NODE:FAULT, such as cp-1:swap-on")
        if node not in names:
            raise LabError(f"--fault {text}: there is no node {node}; there are {', '.join(sorted(names))}")
        faults[node] = (*faults.get(node, ()), fault)
    return faults


def _print_use(name: str, folder: Path, node: str) -> None:
    if (folder / KUBECONFIG).exists():
        print(f"  export KUBECONFIG={folder / KUBECONFIG}")
    print(f"  ssh -F {folder}/ssh_config {node}")
    print(f"  pytest --acp-inventory={folder}/inventory.yml")
    print(f"  python -m lab down --name {name}")


def _down(chosen: argparse.Namespace) -> None:
    check_machine()
    # A lab of another process, such as a test, ends with that.
    labs = [lab for lab in running_labs() if lab.owner is None and (chosen.all or lab.name == chosen.name)]
    if not labs and not chosen.all:
        raise LabError(f"no lab {chosen.name} runs; python -m lab list shows those that do")
    for lab in labs:
        lab.end()
        print(f"{lab.name}: ended")
    sweep()


def _list(_chosen: argparse.Namespace) -> None:
    check_machine()
    for lab in running_labs():
        _print_lab(lab)


def _print_lab(lab: RunningLab) -> None:
    nodes = ", ".join(f"{name} {address}" for name, address in lab.addresses.items())
    if lab.owner is not None:
        print(f"{lab.name}: {nodes}\n  ends with process {lab.owner}")
        return
    print(f"{lab.name}: {nodes}")
    _print_use(lab.name, lab.folder, next(iter(lab.addresses)))


def _faults(_chosen: argparse.Namespace) -> None:
    for fault in FAULTS.values():
        only = f" ({', '.join(fault.flavours)})" if fault.flavours else ""
        only += f"; in a site {PLANS[fault.plan]}" if fault.plan in PLANS else ""
        print(f"{fault.name:34}{fault.requirement or '-':48}{fault.what}{only}")


def _prepare(chosen: argparse.Namespace) -> None:
    check_machine()
    prepare()
    if chosen.clusters:
        prepare_clusters(print)
        image(print)
        dns_layer(RELEASES[NEWEST], print)
        suite_image(print)
    print(f"lab: all is built, in {cache_folder()}")


if __name__ == "__main__":
    sys.exit(main())
