"""What the brackets of a test's id say: which target it is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_OF_SUITE = re.compile(r"\.py::(?:\w+::)*\w+\[(?P<target>[^,\]]*)")


def target_in(nodeid: str, names: Container[str]) -> str | None:
    """Give the target that a test is for.

    The suite's own tests name it first, up to a comma; in a site's own checks pytest joins it with other parameters by
    ``-``, at either end.

    >>> target_in("tests_preflight/test_kernel.py::test_swap_is_off[cp-1]", {"cp-1"})
    'cp-1'
    >>> target_in("ours/test_a.py::test_port[cp-1-8080]", {"cp-1", "cp"})
    'cp-1'
    >>> target_in("ours/test_a.py::test_nothing[8080]", {"cp-1"}) is None
    True
    """
    found = _OF_SUITE.search(nodeid)
    if found is None:
        return None
    if found["target"] in names:
        return found["target"]
    words = nodeid.partition("[")[2].rstrip("]").split("-")
    for length in range(len(words), 0, -1):
        for part in ("-".join(words[:length]), "-".join(words[-length:])):
            if part in names:
                return part
    return None


def check_in(nodeid: str, target: str) -> str:
    """Give a site's own check without the target, as it is the same for all of them.

    >>> check_in("ours/test_a.py::test_port[cp-1-8080]", "cp-1")
    'ours/test_a.py::test_port[8080]'
    >>> check_in("ours/test_a.py::test_shell[cp-1]", "cp-1")
    'ours/test_a.py::test_shell'
    """
    check, _, parameters = nodeid.partition("[")
    rest = parameters.removesuffix("]").removeprefix(target).removesuffix(target).strip("-")
    return f"{check}[{rest}]" if rest else check
