"""That the benchmark measures: the floors and the suite, near and far."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import run
from benchmarks.preflight.results import Measurement, Results, aims, per_verdict
from benchmarks.preflight.site import Node, Nodes, Site
from benchmarks.preflight.tools import TOOLS
from labs import started
from suite import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_floors_and_suite_are_measured_near_and_far(tmp_path: Path) -> None:
    started([], "benchmark")  # skips where no lab can run
    argv = [sys.executable, "-m", "benchmarks.preflight", "--sizes=3", "--delays=0,20", "--rounds=1"]
    argv += ["--tools=ssh-true,probe-ssh,probes-ssh,suite", f"--output={tmp_path}"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    found = {(item["tool"], item["delay_ms"]): item for item in document["measurements"]}
    assert {key for key, item in found.items() if item["median"] > 0} == {
        (tool, delay) for tool in ("ssh-true", "probe-ssh", "probes-ssh", "suite") for delay in (0, 20)
    }
    assert found["suite", 0]["memory"]["total"] >= found["suite", 0]["memory"]["program"] > 0
    # A banner and a key exchange for each of three nodes and four runs, and what was asked.
    assert document["relays"]["3 nodes, 20 ms"]["handed over"] > 80
    assert "| suite |" in (tmp_path / "results.md").read_text(encoding="utf-8")


def test_a_node_that_cannot_be_reached_does_not_count_as_fast(tmp_path: Path) -> None:

    nobody = Node("cp-1", "127.0.0.1", "127.0.0.1", 1, tmp_path / "no-key", "ssh-ed25519 AAAA")
    acp = {"name": "nobody", "release": "4.2", "topology": "single_node"}
    site = Site(tmp_path / "site", Nodes([nobody], {"control_plane": ["cp-1"], "installer": ["cp-1"]}, acp)).write()
    for name in ("ssh-true", "probe-ssh", "probes-ssh", "suite"):
        folder = site.folder / name
        folder.mkdir()
        assert run(TOOLS[name].prepare(site, folder), folder / "said", 60).problem, name


def test_ratios_and_aims() -> None:
    measured = partial(Measurement, taken="2026-11-22T06:34+00:00 a50a8cc")
    results = Results(
        [
            measured("probe-ssh", 50, 0, [2.0, 4.0, 3.0]),
            measured("suite", 50, 0, [4.0, 6.0, 5.0]),
            measured("pyinfra", 50, 0, [20.0]),
            measured("testinfra", 50, 0, [400.0], estimated_from=10),
            Measurement("ansible", 50, 0, [200.0], taken="2026-11-21T20:03+00:00 9288e50"),
            measured("suite-judging", 10, 0, [1.0], verdicts=1000),
            measured("suite-judging", 50, 0, [3.0], verdicts=3000),
        ]
    )
    assert results.ratio("suite", "probe-ssh", 50, 0) == 5 / 3
    assert [(aim.found, aim.met) for aim in aims(results)] == [
        ("1.67 x", False),
        ("80.0 x, estimated from 10 nodes", False),
        ("40.0 x, not side by side: ansible was taken 2026-11-21T20:03+00:00 9288e50", True),
        ("4.0 x", True),
    ]
    assert per_verdict(results, "suite-judging") == 1.0
    assert per_verdict(results, "suite") is None


def test_parts_are_measured_one_after_the_other_and_what_is_measured_again_counts() -> None:
    earlier = Results(
        [Measurement("suite", 3, 0, [9.0]), Measurement("suite", 10, 0, [8.0]), Measurement("suite", 3, 20)]
    )
    later = Results([Measurement("suite", 3, 0, [4.0]), Measurement("ssh-true", 10, 0, [1.0])])
    later.keep(earlier.to_json())
    found = [(item.tool, item.nodes, item.delay_ms, item.seconds) for item in later.measurements]
    assert found == [
        ("suite", 3, 0, [4.0]),
        ("suite", 3, 20, []),
        ("ssh-true", 10, 0, [1.0]),
        ("suite", 10, 0, [8.0]),
    ]
    assert all(item.taken for item in later.measurements)
