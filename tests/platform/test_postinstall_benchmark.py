"""That the benchmark of the stage after the installation fills an API server, and measures."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from planes import runnable
from suite import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_a_small_cluster_is_filled_and_measured(tmp_path: Path) -> None:
    from lab.control_plane import NEWEST, ApiServer  # noqa: PLC0415 - after the path is set

    runnable(ApiServer(NEWEST, "benchmark-test", say=lambda _line: None))
    argv = [sys.executable, "-m", "benchmarks.postinstall", "--sizes=10x300", "--rounds=1", f"--output={tmp_path}"]
    done = subprocess.run(
        [*argv, "--tools=raw-list,suite,kubectl"], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    measured = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["measurements"]
    assert {item["tool"] for item in measured if item["seconds"] and not item["problem"]} == {
        "raw-list",
        "suite",
        "kubectl",
    }
    assert "300 Pods: " in (tmp_path / "results.md").read_text(encoding="utf-8")
