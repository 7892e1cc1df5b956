"""The manifests of deploy/: whose they are, where they are, and who gets the rights."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from acp_acceptance.model.pair.excluded import carries
from acp_acceptance.requirements import load_catalogue
from lab import LabError
from lab.containerfile import parse
from lab.control_plane.suite_image import NAME, containerfile, copied
from suite import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = sorted(path.name for path in (ROOT / "deploy").glob("*.yaml") if path.name != "alerts.test.yaml")
VALUES = load_catalogue().releases["4.0"].requirements


def objects(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((ROOT / "deploy" / name).read_text(encoding="utf-8")))


def test_all_manifests_are_known() -> None:
    assert MANIFESTS == ["alerts.yaml", "cronjob.yaml", "rbac-canary.yaml", "rbac-comparison.yaml", "rbac.yaml"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_object_is_known_for_the_suite_s_own(name: str) -> None:
    labels = VALUES["dr.excluded-namespaces.backup"]["ignored_labels"]
    unknown = [
        (item["kind"], item["metadata"]["name"]) for item in objects(name) if not carries(item["metadata"], labels)
    ]
    assert not unknown


def test_what_the_schedule_makes_is_known_too() -> None:
    labels = VALUES["dr.excluded-namespaces.backup"]["ignored_labels"]
    (cron_job,) = [item for item in objects("cronjob.yaml") if item["kind"] == "CronJob"]
    job = cron_job["spec"]["jobTemplate"]
    assert carries(job["metadata"], labels)
    assert carries(job["spec"]["template"]["metadata"], labels)


@pytest.mark.parametrize("name", ["alerts.yaml", "cronjob.yaml"])
def test_what_one_side_alone_has_is_where_nothing_is_synchronised(name: str) -> None:
    found = {item["metadata"]["namespace"] for item in objects(name)}
    assert found <= set(VALUES["dr.sync.independent"]["namespaces"])


@pytest.mark.parametrize("name", [name for name in MANIFESTS if name.startswith("rbac")])
def test_every_right_is_given_to_both_accounts(name: str) -> None:
    bindings = [item for item in objects(name) if item["kind"].endswith("Binding")]
    assert bindings
    for binding in bindings:
        accounts = [(item["kind"], item["namespace"], item["name"]) for item in binding["subjects"]]
        assert accounts == [
            ("ServiceAccount", namespace, "acp-acceptance") for namespace in ("acp-acceptance", "cpaas-system")
        ]


def test_the_schedule_brings_the_account_of_its_pod() -> None:
    made = {(item["kind"], item["metadata"]["name"]): item for item in objects("cronjob.yaml")}
    pod = made["CronJob", "acp-acceptance"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert ("ServiceAccount", pod["serviceAccountName"]) in made


@pytest.mark.parametrize(("said", "ends"), [(0, 0), (1, 0), (2, 2), (4, 4)])
def test_a_verdict_is_no_failed_job_which_the_next_run_would_find(tmp_path: Path, said: int, ends: int) -> None:
    (cron_job,) = [item for item in objects("cronjob.yaml") if item["kind"] == "CronJob"]
    (container,) = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    for name, status in (("pytest", said), ("find", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(container["command"], env={"PATH": path, "METRICS": "x"}, check=False)
    assert done.returncode == ends


# --- the image, which the lab builds from the same file


def test_the_lab_understands_the_containerfile_and_the_schedule_agrees_with_it() -> None:
    said = containerfile()
    assert said.packages == ["openssh-client"]
    assert [command.split()[:2] for command in said.runs] == [["pip", "install"], ["useradd", "--uid"]]
    (cron_job,) = [item for item in objects("cronjob.yaml") if item["kind"] == "CronJob"]
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert (str(pod["securityContext"]["runAsUser"]), container["workingDir"]) == (said.user, said.folder)
    assert NAME.endswith(f"/{container['image']}")


def test_what_the_containerfile_copies_is_there_and_is_all_that_a_run_needs() -> None:
    files = dict(copied(containerfile()))
    wanted = ["conftest.py", "pyproject.toml", "src/acp_acceptance/plugin/__init__.py"]
    wanted += [f"{path.parent.name}/{path.name}" for path in ROOT.glob("tests_*/*.py")]
    assert files.keys() >= {f"opt/acp-acceptance/{name}" for name in wanted}
    assert all(place == f"opt/acp-acceptance/{file.relative_to(ROOT)}" for place, file in files.items())


def test_a_containerfile_that_copies_what_is_not_there_is_refused() -> None:
    with pytest.raises(LabError, match="copies nothing-such"):
        list(copied(parse("FROM x\nWORKDIR /opt\nCOPY nothing-such ./\n")))


def test_an_instruction_that_the_lab_does_not_know_is_refused() -> None:
    with pytest.raises(LabError, match="does not know ADD"):
        parse("ADD a b")
