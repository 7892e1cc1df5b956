from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from acp_acceptance.cli import main
from acp_acceptance.requirements import load_catalogue


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["requirements", *arguments]) == 0
    return capsys.readouterr().out


def ids(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    return {item["id"] for item in json.loads(listed(capsys, "--format=json", *arguments))}


@pytest.mark.parametrize("release", list(load_catalogue().releases))
def test_every_release_lists_what_it_asks(capsys: pytest.CaptureFixture[str], release: str) -> None:
    assert ids(capsys, f"--release={release}") == set(load_catalogue().releases[release].requirements)


def test_a_role_lists_only_what_its_nodes_owe(capsys: pytest.CaptureFixture[str]) -> None:
    worker = ids(capsys, "--release=4.2", "--role=worker")
    assert "preflight.kernel.swap" in worker
    assert "preflight.recovery.dr-parameters" not in worker


def test_a_role_shows_only_its_own_values(capsys: pytest.CaptureFixture[str]) -> None:
    row = next(
        line
        for line in listed(capsys, "--release=4.0", "--role=worker", "--format=markdown").splitlines()
        if "ports-free" in line
    )
    assert "10249-10256" in row
    assert "2379" in re.sub(
        "10249-10256", "", listed(capsys, "--release=4.0", "--role=control_plane", "--format=markdown")
    )


def test_a_stage_lists_only_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    by_stage = [ids(capsys, f"--stage={stage}") for stage in ("preflight", "postinstall", "dr")]
    assert all(by_stage)
    assert sum(map(len, by_stage)) == len(set.union(*by_stage))
    assert set.union(*by_stage) == ids(capsys)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Swap is off"), ("ru", "Подкачка отключена"), ("zh", "已关闭 swap")]
)
@pytest.mark.parametrize("form", ["table", "markdown"])
def test_lists_come_in_all_languages(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, said: str, form: str
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert said in listed(capsys, f"--lang={language}", f"--format={form}", "--release=4.2")


def test_a_release_that_is_not_verified_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "not verified" in listed(capsys, "--release=4.3", "--format=markdown")


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Results"


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = (
        f"{sys.executable} -c 'from acp_acceptance.cli import main; main()' requirements --format=json | head -c 10"
    )
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_an_unknown_release_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["requirements", "--release=9.9"])
    assert ended.value.code == 2
    assert "4.2" in capsys.readouterr().err


def test_questions_stand_below_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("table", "markdown"):
        said = " ".join(listed(capsys, "--release=4.0", f"--format={form}").split())
        assert "[ ] preflight.capacity.reserve: Is about 30 % of CPU and memory held in reserve for peaks?" in said
    assert "[ ]" not in listed(capsys, "--release=4.0", "--role=worker")
