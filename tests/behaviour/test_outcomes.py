"""What a user sees of each outcome: exit status, record, terminal, JUnit, Allure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from acp_acceptance.model.boot import Swap
from acp_acceptance.model.measurement import Problem
from recorded import healthy, saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

SWAP = "preflight.kernel.swap"
ON = Swap(("/dev/dm-1 (4.0 GiB)",), ())
WAIVER = "- {{requirement: preflight.kernel.swap, targets: cp-1, reason: a test, owner: me, expires: {expires}}}\n"


def junit_results(run: SuiteRun, name: str) -> list[Any]:
    cases = {case.name: case for suite in JUnitXml.fromfile(str(run.folder / "junit.xml")) for case in suite}
    return list(cases[name].result)


def allure_status(run: SuiteRun, name: str) -> dict[str, Any]:
    files = (run.folder / "allure-results").glob("*-result.json")
    results = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    (found,) = [
        result
        for result in results
        if result["fullName"].endswith(name.partition("[")[0]) and name.partition("[")[2][:-1] in result["name"]
    ]
    return found


def test_a_healthy_site_is_accepted(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1"), healthy("cp-2")))
    assert run.status == 0, run.output
    assert run.results["verdict"] == "accepted"
    assert run.with_outcome("failed", "broken", "not_run", "waived") == set()
    assert "ACCEPTED" in run.output
    assert run.results["scope"]["partial"] == []


def test_a_failure_is_said_whole(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite("--acp-allure=always", "--acp-snapshot", saved(tmp_path, healthy("cp-1", swap=ON), healthy("cp-2")))
    assert run.status == 1
    assert run.with_outcome("failed") == {(SWAP, "cp-1")}
    message = "cp-1: swap is on: /dev/dm-1 (4.0 GiB); ACP 4.2 requires swap off, now and after a reboot [Node Preprocessing: OS and kernel]. Next: switch swap off: swapoff -a"
    assert message in run.output
    (failure,) = junit_results(run, "test_swap_is_off[cp-1]")
    assert isinstance(failure, Failure)
    assert message in failure.text
    allure = allure_status(run, "test_swap_is_off[cp-1]")
    assert allure["status"] == "failed"
    (verdict,) = [item for item in run.results["verdicts"] if item["outcome"] == "failed"]
    assert verdict["message"] == message
    assert verdict["findings"] == [{"sentence": "in_use", "observed": {"devices": ["/dev/dm-1 (4.0 GiB)"]}}]


def test_what_could_not_be_measured_is_broken_and_never_passed(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    run = run_suite(
        "--acp-allure=always",
        "--acp-snapshot",
        saved(tmp_path, healthy("cp-1", swap=Problem("unreadable", "no /proc/swaps here"))),
    )
    assert run.status == 1
    assert run.with_outcome("broken") == {(SWAP, "cp-1")}
    message = "cp-1: it could not be read: swap: no /proc/swaps here. Next: read by hand what the detail names"
    assert message in run.output
    (error,) = junit_results(run, "test_swap_is_off[cp-1]")
    assert isinstance(error, Error)
    assert message in error.message
    allure = allure_status(run, "test_swap_is_off[cp-1]")
    assert allure["status"] == "broken"
    assert message in allure["statusDetails"]["message"]
    assert "1 error" in run.output


def test_why_it_could_not_be_measured_is_said_in_the_reports_language(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    unread = healthy("cp-1", swap=Problem("deadline", "no answer after 5 s"))
    run = run_suite("--acp-allure=always", "--acp-lang=ru", "--acp-snapshot", saved(tmp_path, unread))
    message = "cp-1: не завершилось за отведённое время: swap: no answer after 5 s. Далее: выясните"
    assert message in run.output
    assert "не измерено: не завершилось за отведённое время (1)" in run.output.splitlines()[-1]
    (error,) = junit_results(run, "test_swap_is_off[cp-1]")
    assert message in error.message
    assert message in allure_status(run, "test_swap_is_off[cp-1]")["statusDetails"]["message"]
    (verdict,) = [item for item in run.results["verdicts"] if item["outcome"] == "broken"]
    assert (verdict["problem"], verdict["reason"]) == ("deadline", "swap: no answer after 5 s")
    assert verdict["message"].startswith("cp-1: it did not end in the time it was given: swap: no answer after 5 s.")


def test_a_condition_that_depends_on_what_was_not_measured_is_broken(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1", kernel=Problem("unreadable", "no kernel"))))
    assert ("preflight.kernel.conntrack-modules", "cp-1") in run.with_outcome("broken")
    (error,) = junit_results(run, "test_modules_are_loaded[cp-1,conntrack-modules]")
    assert isinstance(error, Error)


def test_a_failure_counts_although_something_after_it_could_not_be_measured(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    from acp_acceptance.model.boot import Hugepages  # noqa: PLC0415

    facts = healthy("cp-1", hugepages=Hugepages("always"), boot=Problem("unreadable", "no /boot"))
    run = run_suite("--acp-snapshot", saved(tmp_path, facts))
    assert run.with_outcome("failed") == {("preflight.kernel.transparent-hugepage", "cp-1")}


def test_what_does_not_apply_keeps_its_reason(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1")))
    reasons = {
        item["requirement"]: item["reason"] for item in run.results["verdicts"] if item["outcome"] == "not_applicable"
    }
    assert reasons["preflight.between.clock"] == "nodes is 1"
    assert "4.18.0" in reasons["preflight.kernel.conntrack-modules"]
    (skipped,) = junit_results(run, "test_modules_are_loaded[cp-1,conntrack-modules]")
    assert isinstance(skipped, Skipped)


def test_a_waiver_in_force_covers_a_failure_and_the_check_still_ran(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    waivers = tmp_path / "waivers.yml"
    idle = "- {requirement: preflight.kernel.selinux, reason: a, owner: b, expires: 2999-01-01}\n"
    past = "- {requirement: preflight.kernel.apparmor, targets: 'x*', reason: a, owner: b, expires: 2020-01-01}\n"
    later = "- {requirement: postinstall.pods.healthy, reason: a, owner: b, expires: 2999-01-01}\n"
    waivers.write_text(WAIVER.format(expires="2999-01-01") + idle + past + later)
    run = run_suite(
        "--acp-allure=always", "--acp-snapshot", saved(tmp_path, healthy("cp-1", swap=ON)), "--acp-waivers", waivers
    )
    assert run.status == 0, run.output
    (verdict,) = [item for item in run.results["verdicts"] if item["outcome"] == "waived"]
    assert "cover nothing; remove them from the file: preflight.kernel.selinux (*, 2999-01-01)\n" in run.output
    assert (
        "Waivers that have expired; renew them or remove them: preflight.kernel.apparmor (x*, 2020-01-01)\n"
        in run.output
    )
    assert verdict["waiver"] == {"reason": "a test", "owner": "me", "expires": "2999-01-01", "expired": False}
    assert verdict["findings"]
    assert "waived until 2999-01-01 by me: a test" in run.output
    assert "1 xfailed" in run.output
    (skipped,) = junit_results(run, "test_swap_is_off[cp-1]")
    assert isinstance(skipped, Skipped)
    allure = allure_status(run, "test_swap_is_off[cp-1]")
    assert allure["status"] == "skipped"
    assert "waived until 2999-01-01" in allure["statusDetails"]["message"]


def test_an_expired_waiver_is_a_failure_that_says_so(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yml"
    waivers.write_text(WAIVER.format(expires="2020-01-01"))
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1", swap=ON)), "--acp-waivers", waivers)
    assert run.status == 1
    assert run.with_outcome("failed") == {(SWAP, "cp-1")}
    assert "its waiver by me expired on 2020-01-01" in run.output


@pytest.mark.parametrize(
    ("requirement", "why"),
    [("preflight.kernel.nonsense", "is no requirement"), ("preflight.users.node-reachable", "cannot be waived")],
)
def test_a_waiver_that_can_be_none_is_refused(
    run_suite: Callable[..., SuiteRun], tmp_path: Path, requirement: str, why: str
) -> None:
    waivers = tmp_path / "waivers.yml"
    waivers.write_text(f"- {{requirement: {requirement}, reason: a, owner: b, expires: 2999-01-01}}\n")
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1")), "--acp-waivers", waivers)
    assert run.status == 4
    assert why in run.output


def test_an_unreached_node_is_one_failure_and_the_rest_broken(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    from acp_acceptance.model.access import Contact  # noqa: PLC0415
    from acp_acceptance.model.node import NodeFacts  # noqa: PLC0415

    gone = Problem("unreachable", "the node could not be reached; see the verdict on that")
    unmeasured = {
        **dict.fromkeys(NodeFacts.declared(), gone),
        "contact": Contact("no-answer", "timed out", "root@dead", 10),
    }
    dead = healthy("dead", **unmeasured)
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1"), healthy("cp-2"), dead))
    assert run.with_outcome("failed") == {("preflight.users.node-reachable", "dead")}
    assert {target for _, target in run.with_outcome("broken")} == {"dead"}
    assert run.with_outcome("passed") >= {(SWAP, "cp-1"), (SWAP, "cp-2")}


def test_a_part_of_the_hosts_is_partial_and_no_sign_off(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    snapshot = saved(tmp_path, healthy("cp-1"), healthy("cp-2"), healthy("cp-3"))
    run = run_suite("--acp-snapshot", snapshot, "--hosts=cp-1,cp-2")
    assert run.status == 0, run.output
    assert run.results["verdict"] == "partial"
    assert "3 of 4 targets" in run.output or "2 of 3 targets" in run.output
    assert (SWAP, "cp-3") in run.with_outcome("not_run")


def test_nothing_measured_is_nothing_judged(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1")), "-k", "no_such_test")
    assert run.status == 5
    assert run.results["verdict"] == "nothing judged"


@pytest.mark.parametrize(("language", "said"), [("ru", "подкачка включена"), ("zh", "swap 已启用")])
def test_messages_come_in_the_languages_of_the_customer(
    run_suite: Callable[..., SuiteRun], tmp_path: Path, language: str, said: str
) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1", swap=ON)), f"--acp-lang={language}")
    assert said in run.output


def test_another_release_can_judge_the_same_snapshot(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    from acp_acceptance.model.hardware import Cpu  # noqa: PLC0415

    snapshot = saved(tmp_path, healthy("cp-1", cpu=Cpu(12, "")))
    assert run_suite("--acp-snapshot", snapshot).with_outcome("failed") == set()
    run = run_suite("--acp-snapshot", snapshot, "--acp-release=4.0")
    assert run.results["site"]["release"] == "4.0"
    assert ("preflight.capacity.cpu-cores-advised", "cp-1") in run.with_outcome("failed")


def test_a_release_that_is_not_verified_says_so(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1")), "--acp-release=4.3")
    assert "not verified" in run.output
    assert run.results["site"]["release_verified"] is False


def test_hostile_text_of_a_node_is_text_everywhere(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    from acp_acceptance.model.network import Hostname  # noqa: PLC0415

    evil = "<script>\x1b[2J\u202e]]>&{reason}%s\0"
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1", hostname=Hostname(evil))))
    assert run.with_outcome("failed") == {("preflight.network.hostname", "cp-1")}
    assert "<script>\\x1b[2J\\u202e]]>&{reason}%s\\x00" in run.output
    everything = b"".join(
        path.read_bytes() for path in run.folder.rglob("*") if path.is_file() and "snapshot" not in path.parts
    )
    assert b"\x1b" not in everything
    assert "\x1b" not in run.output
    JUnitXml.fromfile(str(run.folder / "junit.xml"))
