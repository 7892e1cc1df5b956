from __future__ import annotations

import subprocess
import sys

ASK = """
import resource
from acp_acceptance.collect.process import allow_programs
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
allow_programs({programs})
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limits_after(soft: int, hard: int, programs: int) -> str:
    asked = ASK.format(soft=soft, hard=hard, programs=programs)
    return subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True).stdout.strip()


def test_open_files_suffice_for_the_programs() -> None:
    assert limits_after(512, 4096, 500) == "2256 4096"


def test_the_system_says_how_many_at_most() -> None:
    assert limits_after(512, 1024, 500) == "1024 1024"


def test_what_suffices_stays() -> None:
    assert limits_after(3000, 4096, 500) == "3000 4096"
