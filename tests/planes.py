"""Clusters for tests: skipped with the reason where none can run, and a failure under CI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab import LabError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.control_plane import ApiServer
    from lab.pair import Pair


def runnable(plane: ApiServer | Pair, *more: Callable[[], object]) -> None:
    """Make sure that a cluster can run on this machine; builds what it needs, and more, once."""
    from lab.site import check_machine  # noqa: PLC0415 - after the path is set

    try:
        check_machine()
        plane.prepare()
        for build in more:
            build()
    except LabError as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run this: {reason}")
        pytest.skip(str(reason))
