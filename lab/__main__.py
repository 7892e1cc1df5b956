"""The lab's command: ``python -m lab up``, ``down``, ``list``, ``faults``, ``prepare``."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from lab.demo import demo_lab
from lab.faults import FAULTS
from lab.flavours import FLAVOURS
from lab.programs import LabError
from lab.site import Lab, NodeSpec, check_machine
from lab.trees import cache_folder, layers_of, prepare

_PATIENCE = 60.0


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m lab", description="Real nodes on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (("up", "start a lab that stays"), ("hold", argparse.SUPPRESS)):
        command = commands.add_parser(name, help=words)
        command.add_argument("--name", default="lab")
        command.add_argument("--nodes", type=int, default=5)
        command.add_argument("--flavour", choices=FLAVOURS, help="default: of all in turn")
        command.add_argument("--fault", action="append", default=[], metavar="NODE:FAULT")
        command.add_argument("--demo", action="store_true", help="the five nodes of the demo")
    down = commands.add_parser("down", help="end a lab")
    down.add_argument("--name", default="lab")
    down.add_argument("--all", action="store_true")
    commands.add_parser("list", help="labs that stay")
    commands.add_parser("faults", help="faults that can be seeded")
    commands.add_parser("prepare", help="build the file systems of all flavours")
    chosen = parser.parse_args()
    try:
        return {"up": _up, "hold": _hold, "down": _down, "list": _list, "faults": _faults, "prepare": _prepare}[
            chosen.command
        ](chosen)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _states() -> Path:
    return cache_folder() / "running"


def _lab_of(chosen: argparse.Namespace) -> Lab:
    if chosen.demo:
        return demo_lab(chosen.name)
    faults: dict[str, list[str]] = {}
    for text in chosen.fault:
        node, colon, fault = text.partition(":")
        if not colon:
            raise LabError(f"--fault {text}: write NODE:FAULT, such as cp-1:swap-on")
        faults.setdefault(node, []).append(fault)
    flavours = [chosen.flavour] if chosen.flavour else list(FLAVOURS)
    specs = []
    for number in range(chosen.nodes):
        planes = min(3, chosen.nodes)
        name = f"cp-{number + 1}" if number < planes else f"worker-{number - planes + 1}"
        roles = ["control_plane" if number < planes else "worker", *(["installer"] if number == 0 else [])]
        specs.append(NodeSpec(name, flavours[number % len(flavours)], tuple(roles), tuple(faults.pop(name, ()))))
    if faults:
        raise LabError(f"there is no node {', '.join(faults)}; there are {', '.join(spec.name for spec in specs)}")
    return Lab(specs, name=chosen.name)


def _up(chosen: argparse.Namespace) -> int:
    check_machine()
    lab = _lab_of(chosen)
    for flavour in {spec.flavour for spec in lab.specs}:
        layers_of(FLAVOURS[flavour])
    state = _states() / chosen.name
    if state.exists() and _alive(state):
        raise LabError(
            f"a lab of the name {chosen.name} runs already; end it with: python -m lab down --name {chosen.name}"
        )
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    arguments = ["hold" if word == "up" else word for word in sys.argv[1:]]
    with (state / "log").open("w") as log:
        holder = subprocess.Popen(
            [sys.executable, "-m", "lab", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path(__file__).parent.parent,
        )
    patience = time.monotonic() + _PATIENCE
    while not (state / "state.json").exists():
        if holder.poll() is not None or time.monotonic() > patience:
            said = (state / "log").read_text(encoding="utf-8")
            shutil.rmtree(state)
            raise LabError(f"the lab did not start: {said}")
        time.sleep(0.05)
    print(_about(state))
    return 0


def _hold(chosen: argparse.Namespace) -> int:
    """Be the process that a staying lab belongs to, until it is told to end."""
    state = _states() / chosen.name
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _lab_of(chosen) as lab:
        about = {
            "pid": os.getpid(),
            "inventory": str(lab.inventory),
            "ssh_config": str(lab.ssh_config),
            "nodes": {name: node.address for name, node in lab.nodes.items()},
        }
        half = state / "state.half"
        half.write_text(json.dumps(about), encoding="utf-8")
        half.rename(state / "state.json")
        while True:
            signal.pause()


def _alive(state: Path) -> bool:
    try:
        os.kill(json.loads((state / "state.json").read_text(encoding="utf-8"))["pid"], 0)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _about(state: Path) -> str:
    about = json.loads((state / "state.json").read_text(encoding="utf-8"))
    nodes = ", ".join(f"{name} ({address})" for name, address in about["nodes"].items())
    return (
        f"{state.name}: {nodes}\n  ssh -F {about['ssh_config']} {next(iter(about['nodes']))}\n"
        f"  pytest --acp-inventory={about['inventory']}\n  python -m lab down --name {state.name}"
    )


def _down(chosen: argparse.Namespace) -> int:
    states = [
        path for path in (_states().iterdir() if _states().exists() else ()) if chosen.all or path.name == chosen.name
    ]
    if not states and not chosen.all:
        raise LabError(f"no lab of the name {chosen.name} runs")
    for state in states:
        if _alive(state):
            pid = json.loads((state / "state.json").read_text(encoding="utf-8"))["pid"]
            os.kill(pid, signal.SIGTERM)
            patience = time.monotonic() + _PATIENCE
            while _alive(state) and time.monotonic() < patience:
                time.sleep(0.05)
        shutil.rmtree(state, ignore_errors=True)
        print(f"{state.name}: ended")
    return 0


def _list(_chosen: argparse.Namespace) -> int:
    for state in sorted(_states().iterdir()) if _states().exists() else ():
        if _alive(state):
            print(_about(state))
    return 0


def _faults(_chosen: argparse.Namespace) -> int:
    for fault in FAULTS.values():
        print(f"{fault.name:24}{fault.requirement or '-':48}{fault.what}")
    return 0


def _prepare(_chosen: argparse.Namespace) -> int:
    check_machine()
    prepare()
    print(f"lab: everything is built in {cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
