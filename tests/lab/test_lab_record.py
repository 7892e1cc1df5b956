"""What is kept of a recorded run: all but the folders of the machine that it was taken on."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING

import pytest

from lab import LabError
from lab.cache import cache_folder
from lab.record import RECORDED, RUNS, keep, nameless

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY = tempfile.gettempdir()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"{TEMPORARY}/acp-lab-platform-x1_y/kubeconfig", "kubeconfig"),
        (
            "ssh://root@192.0.2.1?ssh_identity_file=/run/acp-lab/3/id_ed25519",
            "ssh://root@192.0.2.1?ssh_identity_file=id_ed25519",
        ),
        (f"from {cache_folder()}/node-1.34-0742/etc/hosts", "from etc/hosts"),
        ("/root/cpaas-install", "/root/cpaas-install"),
        (f"{TEMPORARY} is full", f"{TEMPORARY} is full"),
    ],
)
def test_files_of_this_machine_stand_by_their_names_alone(said: str, kept: str) -> None:
    assert nameless({said: [said, 1, None]}) == {kept: [kept, 1, None]}


def test_mount_options_do_not_tell_where_layers_lie() -> None:
    options = [
        "rw",
        f"lowerdir={cache_folder()}/a:{cache_folder()}/b",
        "upperdir=/run/acp-lab/3/x",
        "workdir=/w",
        "uuid=on",
    ]
    assert nameless({"/": options}) == {"/": ["rw", "uuid=on"]}


def test_what_would_name_this_machine_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_text(json.dumps({"folder": f"{TEMPORARY}/acp-lab-pair-x"}), encoding="utf-8")
    target = tmp_path / "recorded"
    target.mkdir()
    (target / "snapshot.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LabError, match=r"snapshot\.json names this machine still: .*acp-lab-pair-x"):
        keep(tmp_path, target)
    assert (target / "snapshot.json").read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize("name", RUNS)
def test_what_ships_is_as_it_would_be_kept(tmp_path: Path, name: str) -> None:
    keep(RECORDED / name, tmp_path / name)
    for path in (RECORDED / name).rglob("*.json"):
        assert (tmp_path / name / path.relative_to(RECORDED / name)).read_bytes() == path.read_bytes(), path
    assert {path.name for path in RECORDED.iterdir()} == set(RUNS)
