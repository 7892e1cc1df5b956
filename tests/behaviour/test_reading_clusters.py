"""Reading installed clusters as a user sees it: all at once, and until Ctrl-C."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from servers import own_address
from sites import site_file
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A port that takes connections and never says a word."""
    with socket.create_server((own_address(1), 0)) as server:
        server.settimeout(60)
        yield server


def test_ctrl_c_while_a_cluster_is_read_ends_the_run_and_keeps_its_record(
    tmp_path: Path, silent: socket.socket
) -> None:
    host, port = silent.getsockname()
    kubeconfig = tmp_path / "kubeconfig.yaml"
    document = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"https://{host}:{port}"}}],
        "users": [{"name": "u", "user": {"token": "x"}}],
    }
    kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")
    site, reports = site_file(tmp_path, {"cp-1": ("control_plane", "installer")}), tmp_path / "reports"
    options = ["-p", "no:cacheprovider", "--acp-stage=postinstall", f"--acp-inventory={site}"]
    options += [f"--acp-kubeconfig={kubeconfig}", f"--acp-reports={reports}", "--acp-report=none"]
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                output = process.communicate(timeout=60)[0]
        finally:
            process.kill()
    assert process.returncode == 2, output
    assert "Traceback" not in output
    (folder,) = reports.glob("*/postinstall-*")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["run"]["interrupted"] is True
    kept = "".join(file.read_text(encoding="utf-8") for file in (folder / "snapshot").rglob("*.json"))
    assert "the run was interrupted before it was read" in kept
