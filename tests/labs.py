"""Labs for tests: skipped with the reason where none can run, and a failure under CI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lab import Lab, LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab import NodeSpec


def started(specs: Sequence[NodeSpec], name: str) -> Lab:
    """Give a lab to start with ``with``, if labs can run on this machine."""
    from lab.site import check_machine  # noqa: PLC0415 - after the path is set

    try:
        check_machine()
    except LabError as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run this: {reason}")
        pytest.skip(str(reason))
    return Lab(specs, name=name, say=lambda _line: None)
