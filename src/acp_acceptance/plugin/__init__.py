"""The pytest plugin: from one command to a verdict on every target.

The controlling process collects before tests are generated and hands the snapshot to workers; tests only judge.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect import Settings
from acp_acceptance.inventory import Inventory
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.plan import PlannedCheck, Target
from acp_acceptance.plugin import verdicts
from acp_acceptance.plugin.acceptance import ACCEPTANCE, Acceptance
from acp_acceptance.plugin.controller import Controller
from acp_acceptance.plugin.fixtures import (
    acceptance,
    facts,
    found,
    interfaces,
    isolation_marks,
    known_address,
    layout,
    mesh,
    node_networks,
    own_cluster,
    package_folder,
    peer,
    peers,
    planned,
    planned_domains,
    platform,
    platform_addresses,
    primary,
    requirement,
    taken,
)
from acp_acceptance.plugin.host import HOST_NODE, acp_host, acp_node
from acp_acceptance.plugin.options import add_options, choose, languages_of, settings_of, waivers_of
from acp_acceptance.plugin.pair_fixtures import (
    control_plane,
    fronts,
    installations,
    nodes_by_cluster,
    package_architecture,
    pair,
    primary_platform,
    primary_side,
    recovery,
    side,
    standby_nodes,
    standby_platform,
    standby_side,
    switched,
    to_be_active,
    views,
)
from acp_acceptance.plugin.stages import choose_stages, is_about_targets, only_shows
from acp_acceptance.reporting import allure
from acp_acceptance.requirements import OwedRequirement, load_catalogue
from acp_acceptance.requirements.judging import Unmet

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from acp_acceptance.plugin.scheduling import TargetScheduling

__all__ = [
    "acceptance",
    "acp_host",
    "acp_node",
    "control_plane",
    "facts",
    "found",
    "fronts",
    "installations",
    "interfaces",
    "isolation_marks",
    "known_address",
    "layout",
    "mesh",
    "node_networks",
    "nodes_by_cluster",
    "own_cluster",
    "package_architecture",
    "package_folder",
    "pair",
    "peer",
    "peers",
    "planned",
    "planned_domains",
    "platform",
    "platform_addresses",
    "primary",
    "primary_platform",
    "primary_side",
    "recovery",
    "requirement",
    "side",
    "standby_nodes",
    "standby_platform",
    "standby_side",
    "switched",
    "taken",
    "to_be_active",
    "views",
]

_FOLDER = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read what the run is about, before other plugins read the options that this sets."""
    _declare_markers(config)
    handed_over = getattr(config, "workerinput", {}).get("acp")
    if handed_over is not None:
        config.stash[ACCEPTANCE] = _handed_over(config, handed_over)
    elif not hasattr(config, "workerinput") and is_about_targets(config):
        stages = choose_stages(config)
        if only_shows(config) and not _names_targets(config):
            return
        chosen = choose(config, stages)
        config.stash[ACCEPTANCE] = Acceptance(
            inventory=chosen.inventory,
            nodes=chosen.nodes,
            stages=chosen.stages,
            catalogue=load_catalogue(),
            waivers=waivers_of(config, load_catalogue()),
            languages=languages_of(config, chosen.inventory),
            settings=settings_of(config),
            snapshot=chosen.snapshot or Snapshot({}, "", ""),
            folder=_private_folder(config),
        )
        if not only_shows(config):
            controller = Controller(config, config.stash[ACCEPTANCE], offline=chosen.snapshot is not None)
            config.pluginmanager.register(controller, "acp-controller")


def _declare_markers(config: pytest.Config) -> None:
    for name, meaning in (
        ("required", "a failure blocks the sign-off"),
        ("advised", "a failure is shown, and does not block the sign-off"),
        *(
            (area, f"area {area}")
            for area in dict.fromkeys(item.area for item in load_catalogue().requirements.values())
        ),
    ):
        config.addinivalue_line("markers", f"{name}: {meaning}")


def _names_targets(config: pytest.Config) -> bool:
    return any(config.getoption(name) for name in ("hosts", "acp_inventory", "acp_snapshot"))


def _private_folder(config: pytest.Config) -> Path:
    folder = config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="acp-acceptance-")
    return Path(folder.name)


def _handed_over(config: pytest.Config, given: dict[str, Any]) -> Acceptance:
    """Take over, in a worker, what the controlling process has decided and collected.

    pytest-xdist gives a worker the original command line only, so what was decided since is set here again.
    """
    choose_stages(config)
    if given["allure"]:
        config.option.allure_report_dir = given["allure"]
        config.add_cleanup(allure.leave_fixtures_out())
    inventory = Inventory.model_validate_json(given["inventory"])
    chosen = set(given["nodes"])
    catalogue = load_catalogue()
    return Acceptance(
        inventory=inventory,
        nodes=tuple(node for node in inventory.nodes if node.name in chosen),
        stages=given["stages"],
        catalogue=catalogue,
        waivers=waivers_of(config, catalogue),
        languages=languages_of(config, inventory),
        settings=Settings(**given["settings"]),
        snapshot=Snapshot.load(Path(given["snapshot"])),
        folder=_private_folder(config),
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's worker controller
    """Hand the run over to a worker."""
    run = node.config.stash.get(ACCEPTANCE, None)
    controller = node.config.pluginmanager.get_plugin("acp-controller")
    if run is not None and controller is not None:
        node.workerinput["acp"] = {
            "inventory": run.inventory.model_dump_json(),
            "nodes": [item.name for item in run.nodes],
            "stages": run.stages,
            "settings": asdict(run.settings),
            "snapshot": str(controller.folder.snapshot),
            "allure": node.config.getoption("allure_report_dir", None),
        }


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TargetScheduling | None:  # noqa: ANN401 - xdist's log
    """Schedule by targets, unless the user asked for another way."""
    run = config.stash.get(ACCEPTANCE, None)
    if run is None or config.getoption("dist") not in {"load", "loadgroup", "loadscope"}:
        return None
    # Imported here: most runs have no workers, and pytest-xdist's schedulers take long to import.
    from acp_acceptance.plugin.scheduling import TargetScheduling  # noqa: PLC0415 - as said

    return TargetScheduling(config, log, {target.name for target in run.targets})


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove this process's private folder."""
    folder = config.stash.get(_FOLDER, None)
    if folder is not None:
        folder.cleanup()


# --- generation of tests


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    """Generate nothing for a check that no chosen target owes; an empty parametrisation would make a phantom skip."""
    ids = getattr(obj, "verifies", None)
    if ids is None or not name.startswith("test"):
        return None
    run = collector.config.stash.get(ACCEPTANCE, None)
    return [] if run is not None and not any(run.checks.get(item) for item in ids) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Generate a test for each planned check, and a site's own check for each chosen node."""
    run = metafunc.config.stash.get(ACCEPTANCE, None)
    ids = getattr(metafunc.function, "verifies", None)
    if ids is not None:
        parameters = [
            _parameter(check, ids)
            for item in ids
            for check in (run.checks.get(item, []) if run else [_placeholder(item)])
        ]
        metafunc.parametrize("planned", parameters, indirect=True)
    elif HOST_NODE in metafunc.fixturenames:
        if run is None and not only_shows(metafunc.config):
            raise pytest.UsageError("the fixture host needs a node: give --hosts=NODE,... or --acp-inventory FILE")
        nodes = run.nodes if run else ()
        metafunc.parametrize(HOST_NODE, nodes or [None], ids=[node.name for node in nodes] or ["node"], indirect=True)


def _parameter(check: PlannedCheck, ids: Sequence[str]) -> Any:  # noqa: ANN401 - pytest's ParameterSet is private
    """Name a test by its target; the second requirement of a function also by its own name."""
    requirement = check.requirement
    name = requirement.id.rpartition(".")[2]
    twin = "" if requirement.id == ids[0] else f",{'advised' if requirement.id == f'{ids[0]}-advised' else name}"
    marks = [getattr(pytest.mark, mark) for mark in (requirement.severity, requirement.area)]
    return pytest.param(check, id=f"{check.target.name}{twin}", marks=marks)


def _placeholder(requirement: str) -> PlannedCheck:
    """Stand for all targets where none is known (``--collect-only`` without hosts)."""
    definition = load_catalogue().requirements[requirement]
    return PlannedCheck(definition, Target(definition.target, definition.target))


# --- judging


def _check_of(item: pytest.Item) -> PlannedCheck | None:
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    check = parameters.get("planned")
    return check if isinstance(check, PlannedCheck) else None


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Conclude a check: what it stated is judged when it ends, also where it could not end."""
    requirement = pyfuncitem.funcargs.get("requirement")
    if not isinstance(requirement, OwedRequirement):
        return (yield)
    check = _check_of(pyfuncitem)
    if check is not None and pyfuncitem.config.getoption("allure_report_dir", None):
        allure.label(check, check.requirement.title.en)
    try:
        result = yield
    except Exception:
        if requirement.findings:
            # Something was measured and is not met: that stands, whatever could not be measured after it.
            requirement.conclude()
        raise
    requirement.conclude()
    return result


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the verdict on the report; as the innermost wrapper, so that others (Allure) see the report as it is then."""
    check = _check_of(item)
    found = call.excinfo
    if check is not None and found is not None and isinstance(found.value, (Unmet, CollectionError)):
        call.excinfo = verdicts.without_source(found)
    try:
        report = yield
    finally:
        call.excinfo = found
    run = item.config.stash.get(ACCEPTANCE, None)
    if run is None:
        return report
    if check is not None:
        verdict = verdicts.verdict_on(check, item, call, run)
    else:
        node = getattr(getattr(item, "callspec", None), "params", {}).get(HOST_NODE)
        verdict = verdicts.verdict_on_own(item, report, call, node.name) if node else None
    if verdict is not None:
        unmeasured = call.excinfo is not None and isinstance(call.excinfo.value, CollectionError)
        verdicts.show(report, verdict, run, measured_nothing=unmeasured)
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, (Unmet, CollectionError)) and isinstance(report.longrepr, str):
            # Allure shows the exception itself.
            error.said = report.longrepr
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Name the outcomes that pytest has no word for."""
    verdict = getattr(report, "acp_verdict", None)
    return verdicts.status_of(verdict) if verdict else None
