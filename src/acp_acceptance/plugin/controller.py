"""The controlling process of a run: it collects, keeps the record, writes it, and says the verdict."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect import collect
from acp_acceptance.plugin.host import HOST_NODE
from acp_acceptance.plugin.progress import TerminalProgress
from acp_acceptance.plugin.publishing import Publisher, metrics_place
from acp_acceptance.plugin.recovery import about, roles_told
from acp_acceptance.plugin.testids import check_in, target_in
from acp_acceptance.reporting import allure
from acp_acceptance.reporting.evidence import write_manifest
from acp_acceptance.reporting.folder import RunFolder
from acp_acceptance.reporting.record import Record
from acp_acceptance.reporting.remedies import write_remedies
from acp_acceptance.reporting.signoff import write_reports
from acp_acceptance.reporting.terminal import TerminalReport

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from _pytest.terminal import TerminalReporter

    from acp_acceptance.plugin.acceptance import Acceptance
    from acp_acceptance.reporting.results import Results

_ALLURE_CHECKS = 5000
_GARBAGE_THRESHOLD = (20_000, 20, 20)
_EXIT = {"accepted": 0, "partial": 0, "not accepted": 1, "nothing judged": 5}
_KEPT = {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}


class Controller:
    """Registered in the controlling process only.

    Args:
        config: pytest's.
        run: what the run is about; its snapshot is collected here.
        offline: the snapshot is a recorded one.

    Raises:
        pytest.UsageError: the reports' folder, or the metrics' place, cannot be written.
    """

    def __init__(self, config: pytest.Config, run: Acceptance, *, offline: bool) -> None:
        self._config = config
        self._run = run
        self._record = Record(run.stages, offline=offline, waivers=run.waivers)
        self._results: Results | None = None
        self._interrupted = False
        self._garbage_threshold = gc.get_threshold()
        self._unwritten = ""
        self._publisher = Publisher(config, run.language, metrics_place(config), offline)
        config.pluginmanager.register(self._publisher, "acp-publisher")
        reports = Path(config.getoption("acp_reports") or config.rootpath / "reports")
        try:
            self.folder = RunFolder(
                reports, run.inventory.site.name, "+".join(run.stages) or "checks", self._record.started
            )
        except OSError as error:
            raise pytest.UsageError(f"--acp-reports {reports}: cannot be written: {error}") from error
        self._junit = getattr(config.option, "xmlpath", "no plugin") is None
        if self._junit:
            config.option.xmlpath = str(self.folder.junit)
        if self._wants_allure():
            config.option.allure_report_dir = str(self.folder.allure)
        if getattr(config.option, "allure_report_dir", None):
            config.add_cleanup(allure.leave_fixtures_out())

    def _wants_allure(self) -> bool:
        choice = self._config.getoption("acp_allure")
        given = self._config.getoption("allure_report_dir", "no plugin")
        few = sum(map(len, self._run.checks.values())) <= _ALLURE_CHECKS
        return given is None and (choice == "always" or (choice == "auto" and few))

    # --- collecting

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Say what is about to be judged, collect it, and save what was collected."""
        run, terminal = self._run, self._terminal()
        site = run.inventory.site
        stages = ", ".join(run.stages) or "own checks"
        clusters = ", ".join(cluster.name for cluster in run.installed_clusters)
        what = f"ACP {site.release} {stages} of {site.name}: " + (
            f"cluster {clusters}" if clusters else f"{len(run.nodes)} of {len(run.inventory.nodes)} nodes"
        )
        if "dr" in run.stages:
            what = f"ACP {site.release} {stages} of {site.name}: {about(run.inventory)}"
        with TerminalProgress(what, terminal) as progress:
            if self._record.offline:
                progress.say(f"judging the snapshot taken {run.snapshot.taken} again; nothing is connected to")
            else:
                wanted = {(name, check.target.name) for name, checks in run.checks.items() for check in checks}
                # Only what is judged on them takes the time of nodes: the platform is read through its API.
                nodes = run.nodes if run.stages != ["postinstall"] else ()
                snapshot, finished = collect(
                    run.inventory, nodes, run.settings, progress, wanted, run.installed_clusters, run.stages
                )
                run.take(snapshot)
                self._interrupted = not finished
                self._publisher.remember(run, self.folder.path.parent)
            for line in roles_told(run.inventory, run.snapshot) if "dr" in run.stages else ():
                progress.say(line)
        run.snapshot.save(self.folder.snapshot)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """End an interrupted run here, where pytest still finishes its session and the record is written."""
        if self._interrupted:
            self._record.interrupted = True
            raise session.Interrupted("interrupted while nodes were collected")

    # --- keeping the record

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember a site's own checks, which no plan knows."""
        # Tests, facts and reports stay until the end: nothing is gained by looking through them again and again.
        gc.freeze()
        gc.set_threshold(*_GARBAGE_THRESHOLD)
        for item in session.items:
            node = getattr(getattr(item, "callspec", None), "params", {}).get(HOST_NODE)
            if node is not None:
                self._record.own_checks[item.nodeid] = (check_in(item.nodeid, node.name), node.name)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:  # noqa: ANN401, ARG002 - hook
        """Remember them under pytest-xdist, where this process collects nothing."""
        names = {item.name for item in self._run.nodes}
        stages = tuple(f"tests_{stage}/" for stage in self._run.stages)
        for nodeid in ids:
            target = None if nodeid.startswith(stages) else target_in(nodeid, names)
            if target is not None:
                self._record.own_checks[nodeid] = (check_in(nodeid, target), target)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a verdict; a failure without one is a crashed worker or a test that is not about targets."""
        verdict = getattr(report, "acp_verdict", None)
        if verdict is not None:
            self._record.add(verdict)
            # pytest keeps each report to the end, and needs no more of it than this.
            vars(report)["acp_verdict"] = {name: verdict[name] for name in ("outcome", "own")}
        elif report.failed:
            self._record.crashed = True

    def pytest_keyboard_interrupt(self) -> None:
        """Remember an interrupt."""
        self._record.interrupted = True

    # --- ending

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        """Close the record when all other plugins have written theirs, and set the exit status: the only place."""
        yield
        if exitstatus in _KEPT:
            self.folder.discard()
            return
        self._record.stopped = str(session.shouldfail or session.shouldstop or "")
        run = self._run
        self._results = self._record.results(run.plan, run.targets, run.inventory, run.catalogue, run.snapshot)
        interrupted = self._record.interrupted or exitstatus == pytest.ExitCode.INTERRUPTED
        status = int(pytest.ExitCode.INTERRUPTED) if interrupted else _EXIT[self._results.verdict]
        self._write(self._results, status)
        # pytest and Python look through all there is for garbage when they end, again and again: a tenth of the time.
        gc.freeze()
        session.exitstatus = status

    def _write(self, results: Results, status: int) -> None:
        document = results.model_dump_json(by_alias=True, indent=1)
        (self.folder.path / "results.json").write_text(f"{document}\n", encoding="utf-8")
        allure.write_about_run(self.folder.allure, results)
        self._publisher.write(results, status, self.folder.path, self.folder.path.parent)
        self._write_reports(results)
        write_manifest(self.folder.path)
        final = self.folder.finish()
        self._publisher.publish(results, status, final)
        if self._junit:
            self._tell_junit(final)

    def _write_reports(self, results: Results) -> None:
        """Lay the reports out; whatever goes wrong there, the record stands, and what went wrong is said."""
        run = self._run
        try:
            write_reports(
                self.folder.path, results, run.catalogue, run.languages, formats=self._config.getoption("acp_report")
            )
            write_remedies(self.folder.path / "remedies", results, run.catalogue)
        except Exception as error:  # noqa: BLE001 - as said
            self._unwritten = f"the report could not be written: {type(error).__name__}: {error}"

    def _tell_junit(self, final: Path) -> None:
        """Let pytest name the file where it is now."""
        for plugin in self._config.pluginmanager.get_plugins():
            if type(plugin).__name__ == "LogXML":
                plugin.logfile = str(final / "junit.xml")

    def pytest_unconfigure(self) -> None:
        """Leave no half-written folder behind, whatever went wrong, and Python as it was."""
        gc.set_threshold(*self._garbage_threshold)
        if self._results is None:
            shutil.rmtree(self.folder.path, ignore_errors=True)

    # --- the terminal

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> Generator[None, None, None]:
        """Show the record in place of pytest's own list of failures, which stays for everything else."""
        everything = dict(terminalreporter.stats)
        for category, reports in everything.items():
            left = [item for item in reports if getattr(item, "acp_verdict", {}).get("own") is not False]
            terminalreporter.stats[category] = left
        try:
            yield
        finally:
            terminalreporter.stats.update(everything)
        if self._results is not None:
            report = TerminalReport(
                self._results, self._run.catalogue, self._run.language, self.folder.path, self._publisher.notes
            )
            writer = terminalreporter._tw  # noqa: SLF001 - pytest gives its terminal's stream no other way
            if self._unwritten:
                terminalreporter.write_line(self._unwritten, red=True)
            report.write(writer._file, colours=writer.hasmarkup, width=writer.fullwidth)  # noqa: SLF001 - likewise

    def _terminal(self) -> TerminalReporter | None:
        reporter: TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        return reporter
