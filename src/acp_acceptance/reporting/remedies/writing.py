"""Remedies as files: ``remedies/<node>.sh``, and ``remedies/playbook.yml`` for all nodes."""

from __future__ import annotations

import shlex
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.folder import safe_name
from acp_acceptance.reporting.grouping import alike
from acp_acceptance.reporting.remedies.plan import Remedy, remedies_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from acp_acceptance.reporting.results import Results
    from acp_acceptance.requirements.catalogue import Catalogue

_LIMIT = 600
_HEAD = """\
#!/bin/sh
# Remedies for {node}: what failed there in the run of {started} over {site}.
# Read it before you run it, as root on the node (ssh {node} sudo sh -s <THIS_FILE). It can be run again at any time.
{switches}
"""


class _Unsafe(str):
    """A text in which Ansible looks for no templates."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes scripts as blocks, and marks them."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style="|"))


def write_remedies(folder: Path, results: Results, catalogue: Catalogue) -> list[Path]:
    """Write remedies for what failed on nodes; nothing where nothing did.

    Raises:
        OSError: a file cannot be written.
    """
    remedies = remedies_of(results, catalogue)
    if not remedies:
        return []
    folder.mkdir(mode=0o700)
    written = []
    for node, found in remedies.items():
        file = folder / f"{safe_name(node)}.sh"
        with file.open("x", encoding="utf-8") as stream:
            stream.write(script_of(node, found, results))
        written.append(file)
    playbook = folder / "playbook.yml"
    playbook.write_text(playbook_of(remedies, results), encoding="utf-8")
    return [*written, playbook]


def script_of(node: str, remedies: list[Remedy], results: Results) -> str:
    """Give the script of a node."""
    name = printable(node)
    head = _HEAD.format(
        node=name, started=results.run.started, site=printable(results.site.name), switches=_switches(remedies)
    )
    helpers = f"helpers=$(cat <<'END_OF_HELPERS'\n{_lines('helpers.sh')}END_OF_HELPERS\n)"
    blocks = [head, helpers, _lines("steps.sh"), *map(_block, remedies), "finish\n"]
    return "\n".join(blocks)


def _lines(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _switches(remedies: Iterable[Remedy]) -> str:
    warnings = {remedy.switch: remedy.warning for remedy in remedies if remedy.switch}
    if not warnings:
        return ""
    lines = ["#", "# What can lock people out or destroy something is done only where its switch says yes:"]
    for switch, warning in warnings.items():
        lines += [f"# {warning}", f"ALLOW_{switch.upper()}=${{ALLOW_{switch.upper()}:-no}}"]
    return "\n".join(lines)


def _block(remedy: Remedy) -> str:
    about = f"{remedy.requirement}: {printable(remedy.title)}"
    lines = [
        f"# {about}",
        f"#   observed: {printable(remedy.observed, limit=_LIMIT)}",
        f"#   by hand:  {printable(remedy.words, limit=_LIMIT)}",
    ]
    if not remedy.script:
        return "\n".join(
            [*lines, f"person {shlex.quote(about)} {shlex.quote(printable(remedy.words, limit=_LIMIT))}\n"]
        )
    allowed = f'"$ALLOW_{remedy.switch.upper()}"' if remedy.switch else "yes"
    words = [shlex.quote(about), allowed, f"ALLOW_{remedy.switch.upper()}" if remedy.switch else "-"]
    words.append("reboot" if remedy.reboot else "-")
    return "\n".join(
        [*lines, f"step {' '.join(words)} <<'END_OF_REMEDY'", f"{remedy.script.rstrip()}\nEND_OF_REMEDY\n"]
    )


def playbook_of(remedies: dict[str, list[Remedy]], results: Results) -> str:
    """Give the playbook: a task for each remedy that is the same, on the nodes that need it, in the scripts' order."""
    everything = [remedy for found in remedies.values() for remedy in found]
    order = list(dict.fromkeys(remedy.requirement for remedy in everything))
    everything.sort(key=lambda remedy: order.index(remedy.requirement))
    groups = alike(everything, key=lambda item: (item.requirement, item.script or item.words))
    switches = {f"allow_{remedy.switch}": False for remedy in everything if remedy.switch}
    play = {
        "name": f"Remedies of the run of {results.run.started}",
        "hosts": list(remedies),
        "become": True,
        # Nodes need no Python for this.
        "gather_facts": False,
        "any_errors_fatal": False,
        "vars": switches,
        "tasks": [_task(group) for group in groups],
    }
    warnings = {remedy.switch: remedy.warning for remedy in everything if remedy.switch}
    head = ["# Made by acp-acceptance. Look first: ansible-playbook --list-tasks playbook.yml"]
    if warnings:
        head.append("# What can lock people out or destroy something is done only with -e '{\"allow_NAME\": true}':")
        head += [f"#   allow_{switch}: {warning}" for switch, warning in warnings.items()]
    text = yaml.dump([play], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return "\n".join([*head, "---", text])


def _task(group: list[Remedy]) -> dict[str, Any]:
    first = group[0]
    named = {"name": _Unsafe(f"{first.requirement}: {printable(first.title)}")}
    where = f"inventory_hostname in {[remedy.node for remedy in group]!r}"
    if not first.script:
        message = _Unsafe(f"a person is needed: {printable(first.words, limit=_LIMIT)}")
        return {**named, "ansible.builtin.debug": {"msg": message}, "when": where, "tags": [first.requirement]}
    script = f"set -eu\n{_lines('helpers.sh')}\n{first.script.rstrip()}\n"
    return {
        **named,
        "ansible.builtin.raw": _Unsafe(script),
        "args": {"executable": "/bin/sh"},
        "register": "done",
        "changed_when": "'changed: ' in done.stdout",
        "when": [where, *([f"allow_{first.switch} | bool"] if first.switch else [])],
        "tags": [first.requirement, *(["reboot"] if first.reboot else [])],
    }
