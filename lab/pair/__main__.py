"""``python -m lab.pair``: the faults that can be seeded on a pair."""

from __future__ import annotations

from lab.pair.faults import FAULTS

for fault in FAULTS.values():
    effect = "breaks" if fault.breaks else "fails"
    print(f"{fault.name:36}{effect if fault.requirement else '':8}{fault.requirement:36}{fault.what}")
