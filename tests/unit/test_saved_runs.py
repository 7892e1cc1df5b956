"""The commands on saved runs: report, diff, verify, bundle."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.cli import main
from acp_acceptance.inventory import load_waivers
from acp_acceptance.reporting.comparison import ComparisonText, compare
from acp_acceptance.reporting.evidence import write_manifest
from acp_acceptance.reporting.results import CoveringWaiver, Outcome
from acp_acceptance.reporting.waiving import waived_anew
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import LANGUAGES
from signoffs import SWAP, Page, record, swap_on, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.reporting.results import Results

WAIVER = "- {{requirement: {0}, targets: {1}, reason: known, owner: olga, expires: {2}}}\n"


def saved_run(folder: Path, results: Results) -> Path:
    """Write a run's folder."""
    (folder / "snapshot" / "targets").mkdir(parents=True)
    (folder / "results.json").write_text(results.model_dump_json(by_alias=True, indent=1), encoding="utf-8")
    facts = {"boot": {"text": "ks=http://me:hush@host rd.password=hush2"}, "api_token": "hush3", "key": "-----BEGIN RSA PRIVATE KEY-----\nhush4"}  # fmt: skip
    (folder / "snapshot" / "targets" / "0000-cp-1.json").write_text(json.dumps({"facts": facts}), encoding="utf-8")
    (folder / "snapshot" / "snapshot.json").write_text("{}", encoding="utf-8")
    write_manifest(folder)
    return folder


# --- report


def test_a_record_is_laid_out_again_in_other_languages(tmp_path: Path) -> None:
    run, out = saved_run(tmp_path / "run", record([swap_on()])), tmp_path / "out"
    assert main(["report", str(run), "--lang=ru,zh", "--format=html", f"--output={out}"]) == 0
    assert {path.name for path in out.iterdir()} == {"report.ru.html", "report.zh.html"}
    text = Page((out / "report.zh.html").read_text(encoding="utf-8")).text
    assert hashlib.sha256((run / "results.json").read_bytes()).hexdigest() in text
    assert main(["verify", str(run)]) == 0


def test_a_record_is_laid_out_again_with_other_waivers(tmp_path: Path) -> None:
    run, out = saved_run(tmp_path / "run", record([swap_on(), verdict("b")])), tmp_path / "out"
    waivers = tmp_path / "waivers.yml"
    waivers.write_text(WAIVER.format(SWAP, '"cp-*"', "2999-12-31"))
    command = ["report", str(run), "--format=html", f"--waivers={waivers}", f"--output={out}"]
    assert main(command) == 0
    text = Page((out / "report.en.html").read_text(encoding="utf-8")).text
    assert "ACCEPTED" in text
    assert "NOT ACCEPTED" not in text
    assert "known olga 2999-12-31 in force" in text
    # What is signed is the record as it is with these waivers, which is another one than that of the run.
    assert hashlib.sha256((out / "results.json").read_bytes()).hexdigest() in text
    assert main(command) == 4  # and it is not written over


def test_waivers_that_cannot_be_are_refused_all_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, waivers = saved_run(tmp_path / "run", record([swap_on()])), tmp_path / "waivers.yml"
    unwaivable = next(item.id for item in load_catalogue().requirements.values() if not item.waivable)
    waivers.write_text(
        WAIVER.format("preflight.kernel.gone", "a", "2999-12-31") + WAIVER.format(unwaivable, "a", "2999-12-31")
    )
    assert main(["report", str(run), f"--waivers={waivers}", f"--output={tmp_path}"]) == 4
    said = capsys.readouterr().err
    assert "waivers.yml:1: preflight.kernel.gone is no requirement" in said
    assert f"waivers.yml:2: {unwaivable} cannot be waived" in said


def test_other_waivers_take_the_place_of_those_before(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yml"
    waivers.write_text(
        WAIVER.format(SWAP, "new", "2026-11-21")
        + WAIVER.format(SWAP, "old", "2026-11-20")
        + WAIVER.format(SWAP, "no", "2026-12-31")
    )
    before = CoveringWaiver(reason="-", owner="-", expires="2026-12-31")
    verdicts = [
        swap_on("was", outcome=Outcome.WAIVED, waiver=before),
        swap_on("new"),
        swap_on("old"),
        verdict("unmeasured", Outcome.BROKEN, reason="-"),
        verdict("met"),
    ]
    anew = waived_anew(record(verdicts), load_waivers(waivers), load_catalogue(), date(2026, 11, 21))
    outcomes = {item.target: item.outcome.value for item in anew.verdicts}
    assert outcomes == {"was": "failed", "new": "waived", "old": "failed", "unmeasured": "broken", "met": "passed"}
    assert [(item.targets, item.state, item.covers) for item in anew.waivers] == [
        ("new", "used", ["new"]),
        ("old", "expired", ["old"]),
        ("no", "unused", []),
    ]
    assert anew.counts["failed"] == 2
    assert anew.verdict == "not accepted"


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "verdict": 5}', "[" * 100_000]
)
def test_what_is_no_record_is_refused_with_the_reason(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_text(content)
    assert main(["report", str(tmp_path)]) == 4
    assert "results.json: " in capsys.readouterr().err


# --- diff


def test_two_records_are_told_apart() -> None:
    old = record(
        [
            swap_on("mended"),
            swap_on("open"),
            swap_on("other"),
            swap_on("gone"),
            swap_on("unmeasured"),
            verdict("fine"),
            verdict("worse"),
        ]
    )
    new = record([verdict("mended"), swap_on("open"), swap_on("other", "/dev/sdb"), verdict("unmeasured", Outcome.BROKEN, reason="no answer"), verdict("fine"), swap_on("worse"), swap_on("added")])  # fmt: skip
    found = [(item.kind, item.either.target) for item in compare(old, new)]
    assert found == [
        ("new", "worse"), ("new", "added"), ("open", "open"), ("changed", "other"), ("changed", "unmeasured"),
        ("mended", "mended"), ("gone", "gone"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_differences_are_said_in_each_language(language: Any) -> None:
    old, new = (
        record([swap_on("a")]),
        record([swap_on("a", "/dev/sdb"), *(swap_on(f"n{number}") for number in range(5))]),
    )
    text = "\n".join(ComparisonText(old, new, load_catalogue(), language).lines())
    assert f"{SWAP}  a:" in text
    assert "/dev/dm-1" in text
    assert " → " in text
    assert "n4" not in text  # five targets, the same
    assert "5" in text


def test_diff_ends_with_1_only_where_something_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    well, ill = saved_run(tmp_path / "well", record([verdict()])), saved_run(tmp_path / "ill", record([swap_on()]))
    assert main(["diff", str(well), str(ill)]) == 1
    assert "New (1)" in capsys.readouterr().out
    assert main(["diff", str(ill), str(well)]) == 0
    assert "Fixed (1)" in capsys.readouterr().out
    assert main(["diff", str(well), str(well)]) == 0
    assert "Nothing is open" in capsys.readouterr().out


# --- verify


def test_a_run_that_was_not_touched_holds(tmp_path: Path) -> None:
    run = saved_run(tmp_path / "run", record([verdict()]))
    assert main(["verify", str(run)]) == 0
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--quiet", "manifest.sha256"], cwd=run, check=True)


def test_whatever_was_touched_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = saved_run(tmp_path / "run", record([verdict()]))
    (run / "results.json").write_text("{}")
    (run / "snapshot" / "snapshot.json").unlink()
    (run / "snapshot" / "new\x1b.json").write_text("{}")
    (run / "link").symlink_to("/")
    assert main(["verify", str(run)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "changed: results.json",
        "missing: snapshot/snapshot.json",
        "added: link",
        "added: snapshot/new\\x1b.json",
    ]


@pytest.mark.parametrize("content", [None, "", "nothing of ours", "\udcff"])
def test_without_a_manifest_nothing_is_said_to_hold(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.sha256").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert main(["verify", str(tmp_path)]) == 4


# --- bundle


def test_a_bundle_is_listed_and_holds_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leaky = verdict(evidence={"line": "rd.password=hush5"}, reason="token: hush6")
    run, file = saved_run(tmp_path / "site" / "run", record([leaky])), tmp_path / "bundle.tar.gz"
    assert main(["bundle", str(run), f"--output={file}"]) == 1  # nobody said yes
    assert not file.exists()
    listed = capsys.readouterr().out
    assert main(["bundle", str(run), f"--output={file}", "--yes"]) == 0
    with tarfile.open(file) as archive:
        members = {member.name: archive.extractfile(member).read().decode() for member in archive}  # type: ignore[union-attr]
    assert set(members) == {
        "site-run/results.json",
        "site-run/snapshot/snapshot.json",
        "site-run/snapshot/targets/0000-cp-1.json",
    }
    assert all(name.removeprefix("site-run/") in listed for name in members)
    assert "values redacted" in listed
    assert not [name for name, content in members.items() if "hush" in content]
    for content in members.values():
        json.loads(content)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_bundle_is_never_written_over_and_is_the_same_each_time(tmp_path: Path) -> None:
    run = saved_run(tmp_path / "site" / "run", record([verdict()]))
    files = [tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"]
    for file in files:
        assert main(["bundle", str(run), f"--output={file}", "--yes"]) == 0
        assert main(["bundle", str(run), f"--output={file}", "--yes"]) == 4
    assert files[0].read_bytes() == files[1].read_bytes()
