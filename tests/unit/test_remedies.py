"""Remedies: what may be done by itself, what only behind its switch, and what is left to people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from acp_acceptance.reporting.remedies import remedies_of, write_remedies
from acp_acceptance.reporting.remedies.plan import Recipe, recipes
from acp_acceptance.reporting.results import Finding, Outcome
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import fields
from signoffs import SWAP, record, swap_on, verdict

SSHD = "preflight.users.sshd-options"
LEFT = "preflight.software.leftover-folders"
CATALOGUE = load_catalogue()


def failed(requirement: str, sentence: str, target: str = "cp-1", **observed: Any) -> Any:
    return verdict(
        target, Outcome.FAILED, requirement, findings=[Finding(sentence=sentence, observed=observed)],
        severity=CATALOGUE.requirements[requirement].severity,
    )  # fmt: skip


def written(folder: Path, *verdicts: Any) -> dict[str, str]:
    files = write_remedies(folder / "remedies", record(verdicts), CATALOGUE)
    return {file.name: file.read_text(encoding="utf-8") for file in files}


class Playbook(yaml.SafeLoader):
    """Reads what Ansible reads."""


Playbook.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def tasks_of(playbook: str) -> list[dict[str, Any]]:
    (play,) = yaml.load(playbook, Loader=Playbook)  # noqa: S506 - a safe loader
    tasks: list[dict[str, Any]] = play["tasks"]
    return tasks


# --- recipes


@pytest.mark.parametrize("requirement", recipes())
def test_a_recipe_is_for_a_sentence_there_is_and_uses_what_it_observes(requirement: str) -> None:
    definition = CATALOGUE.requirements[requirement]
    assert definition.target == "node"
    for sentence, recipe in recipes()[requirement].items():
        assert sentence == "any" or sentence in definition.unmet
        said = [definition.unmet[sentence]] if sentence in definition.unmet else list(definition.unmet.values())
        known = set().union(*(fields(item.says.en) for item in said)) | fields(definition.asks.en)
        known |= {name for release in CATALOGUE.releases.values() for name in release.requirements.get(requirement, {})}
        used = {part for number, part in enumerate(recipe.run.split("@")) if number % 2 and part.isidentifier()}
        assert used <= known


def dangerous(recipe: Recipe) -> bool:
    words = ("rm -", "rm --", "purge", "flush", "sshd", "/etc/resolv.conf", "firewall", "@services@")
    return any(word in recipe.run for word in words)


def test_whatever_can_lock_out_or_destroy_has_a_switch() -> None:
    risky = {
        (name, sentence) for name, found in recipes().items() for sentence, item in found.items() if dangerous(item)
    }
    assert risky
    assert [key for key in sorted(risky) if not recipes()[key[0]][key[1]].switch] == []


def test_every_recipe_is_a_shell_script() -> None:
    for found in recipes().values():
        for recipe in found.values():
            subprocess.run(["sh", "-n"], input=recipe.run, text=True, check=True)


# --- scripts


def test_nothing_failed_nothing_is_written(tmp_path: Path) -> None:
    waived = swap_on(outcome=Outcome.WAIVED)
    assert written(tmp_path, verdict(), waived, verdict("b", Outcome.BROKEN, reason="-")) == {}
    assert not (tmp_path / "remedies").exists()


def test_each_node_has_a_script_in_order_and_people_are_told_what_is_theirs(tmp_path: Path) -> None:
    files = written(
        tmp_path,
        swap_on("cp-1"),
        failed("preflight.capacity.cpu-cores", "too_few", cores=2),
        failed("preflight.kernel.ipvs-modules-advised", "missing", missing=["ip_vs"]),
        failed(SSHD, "differs", option="UsePAM", value="yes"),
        swap_on("cp-2"),
    )  # fmt: skip
    assert set(files) == {"cp-1.sh", "cp-2.sh", "playbook.yml"}
    script = files["cp-1.sh"]
    places = [script.index(word) for word in (f"# {SWAP}", f"# {SSHD}", "# preflight.kernel.ipvs-modules-advised")]
    assert places == sorted(places)
    assert "ALLOW_SSHD=${ALLOW_SSHD:-no}" in script
    assert "Keep a session open" in script
    assert "ALLOW_SSHD" not in files["cp-2.sh"]
    for name in ("cp-1.sh", "cp-2.sh"):
        subprocess.run(["sh", "-n", str(tmp_path / "remedies" / name)], check=True)


def test_a_switch_that_does_not_say_yes_is_left(tmp_path: Path) -> None:
    doomed = tmp_path / "a folder; touch x"
    doomed.mkdir()
    written(tmp_path, failed(LEFT, "left", found=[str(doomed)]))
    script = tmp_path / "remedies" / "cp-1.sh"
    # Not as root where the test is not: the guard is taken out, since the folder is the test's own.
    text = script.read_text(encoding="utf-8").replace('[ "$(id -u)" = 0 ]', "true")
    first = subprocess.run(["sh", "-s"], input=text, text=True, capture_output=True, check=True, cwd=tmp_path)
    assert "left: ALLOW_LEFTOVERS is not yes" in first.stdout
    assert doomed.exists()
    allowed = {"ALLOW_LEFTOVERS": "yes", "PATH": "/usr/bin:/bin"}
    second = subprocess.run(
        ["sh", "-s"], input=text, text=True, capture_output=True, check=True, cwd=tmp_path, env=allowed
    )
    assert f"changed: {doomed} is deleted" in second.stdout
    assert not doomed.exists()
    assert not (tmp_path / "x").exists()
    third = subprocess.run(
        ["sh", "-s"], input=text, text=True, capture_output=True, check=True, cwd=tmp_path, env=allowed
    )
    assert "nothing to do" in third.stdout


@pytest.mark.parametrize("hostile", ["a\nEND_OF_REMEDY\ntouch x", "a\x00", "b" * 400, "\u202ea", ""])
def test_what_is_no_plain_line_is_left_to_people(tmp_path: Path, hostile: str) -> None:
    (remedy,) = remedies_of(record([failed(LEFT, "left", found=[hostile])]), CATALOGUE)["cp-1"]
    assert remedy.script == ""
    script = written(tmp_path, failed(LEFT, "left", found=[hostile]))["cp-1.sh"]
    assert "person 'preflight.software.leftover-folders" in script
    assert "\ntouch x" not in script


def test_what_a_node_says_is_quoted(tmp_path: Path) -> None:
    said = "$(touch x) `touch x` '; touch x; ' {{ lookup('pipe', 'touch x') }}"
    files = written(
        tmp_path,
        failed(LEFT, "left", found=[said]),
        failed("preflight.network.hostname", "malformed", name=said),
    )
    text = files["cp-1.sh"].replace('[ "$(id -u)" = 0 ]', "true")
    subprocess.run(["sh", "-s"], input=text, text=True, check=True, cwd=tmp_path, env={"ALLOW_LEFTOVERS": "yes", "PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL)  # fmt: skip
    assert not (tmp_path / "x").exists()
    assert all("{{" not in str(task["when"]) for task in tasks_of(files["playbook.yml"]))


# --- the playbook


def test_the_playbook_does_what_the_scripts_do(tmp_path: Path) -> None:
    playbook = written(
        tmp_path, swap_on("cp-1"), swap_on("cp-2"), failed(SSHD, "differs", "cp-2", option="UsePAM", value="yes")
    )["playbook.yml"]
    swap, sshd = tasks_of(playbook)
    assert "swapoff -a" in swap["ansible.builtin.raw"]
    assert swap["when"] == ["inventory_hostname in ['cp-1', 'cp-2']"]
    assert sshd["when"] == ["inventory_hostname in ['cp-2']", "allow_sshd | bool"]
    assert "allow_sshd: false" in playbook
    assert "#   allow_sshd: Without PAM" in playbook
    subprocess.run(["sh", "-n"], input=swap["ansible.builtin.raw"], text=True, check=True)


def test_ansible_can_read_it(tmp_path: Path) -> None:
    written(tmp_path, swap_on("localhost"), failed(SSHD, "differs", option="UsePAM", value="{{ 1 / 0 }}"))
    subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "--syntax-check",
            "-i",
            "localhost,cp-1,",
            str(tmp_path / "remedies" / "playbook.yml"),
        ],
        check=True,
    )
