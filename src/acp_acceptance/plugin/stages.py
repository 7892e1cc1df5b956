"""Which stages a command line asks for: by path or ``--acp-stage``, never by what happens to lie around."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.model.snapshot import SnapshotError, stages_in
from acp_acceptance.requirements.catalogue import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWING = (
    "collectonly",
    "showfixtures",
    "show_fixtures_per_test",
    "version",
    "help",
    "markers",
    "cacheshow",
    "setupplan",
)


def only_shows(config: pytest.Config) -> bool:
    """Tell whether pytest is asked to show something and run nothing; that needs no host."""
    return any(config.getoption(name, default=None) for name in _SHOWING)


def is_about_targets(config: pytest.Config) -> bool:
    """Tell whether targets are to be judged: not in another project, and not for the suite's own tests alone.

    Raises:
        pytest.UsageError: pytest took the file of one of our options for the place of the tests.
    """
    named = any(config.getoption(name) for name in ("acp_inventory", "acp_snapshot", "acp_release", "acp_stage"))
    if not _is_suite(config.rootpath):
        if named and config.inipath is None and _is_suite(config.invocation_params.dir):
            raise pytest.UsageError(
                "pytest takes a file after a space for the place of the tests; write our options with =, "
                "such as --acp-inventory=FILE"
            )
        return named
    own_tests = config.rootpath / "tests"
    hosts = named or bool(config.getoption("hosts"))
    return hosts or not all(path.is_relative_to(own_tests) for path in _paths(config))


def _is_suite(folder: Path) -> bool:
    return (folder / "tests_preflight").is_dir()


def choose_stages(config: pytest.Config) -> list[str]:
    """Choose the stages, and leave only their folders among pytest's arguments.

    Raises:
        pytest.UsageError: what was asked for is in no stage that was asked for.
    """
    folders = {config.rootpath / f"tests_{stage}": stage for stage in STAGES}
    asked = config.getoption("acp_stage") or []
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS or list(_paths(config)) == [config.rootpath]:
        stages = asked or _recorded(config) or ["preflight"]
        config.args[:] = [str(folder) for folder, stage in folders.items() if stage in stages]
    else:
        stages = [stage for folder, stage in folders.items() if any(_touches(path, folder) for path in _paths(config))]
        if asked:
            left_out = [folder for folder, stage in folders.items() if stage not in asked]
            kept = [
                argument
                for argument, path in zip(config.args, _paths(config), strict=True)
                if not any(path.is_relative_to(folder) for folder in left_out)
            ]
            if not kept:
                raise pytest.UsageError(f"--acp-stage {' '.join(asked)} leaves nothing of {' '.join(config.args)}")
            config.args[:] = kept
            stages = [stage for stage in stages if stage in asked]
    return stages


def _recorded(config: pytest.Config) -> list[str]:
    """Give the stages that a recorded snapshot is of; nothing where there is none, or it cannot be read."""
    try:
        return stages_in(Path(recorded)) if (recorded := config.getoption("acp_snapshot")) else []
    except SnapshotError:
        # It is read again, whole, and what is wrong with it is said then.
        return []


def _paths(config: pytest.Config) -> Iterator[Path]:
    for argument in config.args:
        yield Path(os.path.abspath(config.invocation_params.dir / argument.partition("::")[0]))  # noqa: PTH100 - no links


def _touches(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) or folder.is_relative_to(path)
