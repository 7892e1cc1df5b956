"""The suite's comparison alone, as stage dr makes it, of the clusters whose kubeconfigs are named."""

from __future__ import annotations

import gc
import sys

from acp_acceptance.collect.pair.comparing import Comparing
from acp_acceptance.collect.pair.consistency import scope_of
from acp_acceptance.collect.platform.access import from_kubeconfig
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.requirements import load_catalogue

_SECONDS = 120.0
_SETTLE = 1.0


def main() -> None:
    """Compare, and print the totals."""
    # As a run of the suite does: what is listed makes no cycles.
    gc.disable()
    sides = [Api(from_kubeconfig(file, None), _SECONDS) for file in sys.argv[1:]]
    scope = scope_of(load_catalogue().releases["4.2"].requirements["dr.sync.independent"])
    found = Comparing(sides[0], sides[1], scope, _SETTLE).compare()
    print(
        f"{found.primary} and {found.standby} objects; {dict(found.totals)}; {len(found.unlisted)} kinds not compared"
    )


if __name__ == "__main__":
    main()
