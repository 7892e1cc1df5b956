"""The results in the real Allure report, which npm's package lays out."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.boot import Swap
from acp_acceptance.model.measurement import Problem
from acp_acceptance.reporting.allure import CONFIGURATION
from browsers import MODULES, needs
from recorded import healthy, saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

ON = Swap(("/dev/dm-1 (4.0 GiB)",), ())
WAIVER = "- {requirement: preflight.kernel.swap, targets: cp-3, reason: a test, owner: me, expires: 2999-12-31}\n"
CONFIG = 'export default {{ name: "ACP", historyPath: "{history}", plugins: {{ allure2: {{ options: {{}} }} }} }};\n'


def laid_out(folder: Path, results: Path) -> dict[str, Any]:
    """Lay results out, and give what the report shows, by the name of its widget; its tests by their names."""
    config, out = folder / "allurerc.mjs", folder / results.parent.name
    config.write_text(CONFIG.format(history=folder / "history.jsonl"), encoding="utf-8")
    subprocess.run(
        [MODULES / ".bin" / "allure", "generate", "--config", config, "--output", out, results],
        cwd=folder, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    shown = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in (out / "widgets").glob("*.json")}
    cases = [json.loads(file.read_text(encoding="utf-8")) for file in (out / "data" / "test-cases").glob("*.json")]
    return {**shown, "tests": {case["name"]: case for case in cases}}


def laid_out_by_its_own_plugin(folder: Path, run: Path) -> tuple[str, dict[str, int], list[dict[str, Any]]]:
    """Lay a run out as Allure 3 does by itself; give the report's name, its categories' counts and its environment."""
    out = folder / "own"
    subprocess.run(
        [MODULES / ".bin" / "allure", "generate", "--config", run / CONFIGURATION, "--output", out, run / "allure-results"],
        cwd=folder, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    found = json.loads((out / "widgets" / "categories.json").read_text(encoding="utf-8"))
    roots = [found["nodes"][root] for root in found["roots"]]
    name = json.loads((out / "summary.json").read_text(encoding="utf-8"))["name"]
    environment = json.loads((out / "widgets" / "allure_environment.json").read_text(encoding="utf-8"))
    return name, {root["name"]: root["statistic"]["total"] for root in roots}, environment


def test_the_real_report_shows_outcomes_categories_environment_and_history(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    needs("node", modules=True)
    unmeasured = healthy("cp-2", swap=Problem("unreadable", "no /proc/swaps here"))
    waivers = tmp_path / "waivers.yml"
    waivers.write_text(WAIVER, encoding="utf-8")
    recorded = saved(tmp_path / "ill", healthy("cp-1", swap=ON), unmeasured, healthy("cp-3", swap=ON))
    ill = run_suite("--acp-allure=always", "--acp-snapshot", recorded, "--acp-release=4.2", f"--acp-waivers={waivers}")
    well = run_suite(
        "--acp-allure=always",
        "--acp-snapshot",
        saved(tmp_path / "well", healthy("cp-1"), healthy("cp-2")),
        "--acp-release=4.3",
    )
    first = laid_out(tmp_path, ill.folder / "allure-results")
    counts = ill.results["counts"]
    shown = first["summary"]["statistic"]
    assert (shown["passed"], shown["failed"], shown["broken"]) == (counts["passed"], 1, 1)
    categories = {item["name"]: item["statistic"]["total"] for item in first["categories"]["items"]}
    assert categories["Requirement not met"] == categories["Could not be measured"] == categories["Waived"] == 1
    assert {"name": "Verdict", "values": ["not accepted"]} in first["environment"]
    assert {"name": "Release", "values": ["ACP 4.2"]} in first["environment"]
    failed = first["tests"]["Swap is off [cp-1]"]
    assert failed["status"] == "failed"
    assert "swap is on: /dev/dm-1 (4.0 GiB); ACP 4.2 requires swap off" in json.dumps(failed)

    name, own_categories, environment = laid_out_by_its_own_plugin(tmp_path, ill.folder)
    assert name.endswith(": ACP 4.2, preflight")
    assert own_categories == categories
    assert own_categories["Not applicable"] == shown["skipped"] - own_categories["Waived"] > 0
    assert {"name": "Verdict", "values": ["not accepted"]} in environment

    second = laid_out(tmp_path, well.folder / "allure-results")
    mended = second["tests"]["Swap is off [cp-1]"]
    assert mended["status"] == "passed"
    # A test is the same one in another release: its history goes on.
    assert mended["historyId"] == failed["historyId"]
    assert [item["status"] for item in mended["extra"]["history"]["items"]] == ["failed"]
    assert second["summary"]["statistic"]["failed"] == 0
