"""``python -m lab.platform``: the faults that can be seeded on a platform."""

from __future__ import annotations

from lab.platform.faults import FAULTS

for fault in FAULTS.values():
    effect = "breaks" if fault.breaks else "fails"
    print(f"{fault.name:28}{effect if fault.requirement else '':8}{fault.requirement:45}{fault.what}")
