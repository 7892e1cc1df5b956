"""Lays out the report of a large site in each language and form, and says time and size.

    python -m benchmarks.reports [--nodes 200] [--requirements 60] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from acp_acceptance.reporting.signoff import write_reports
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import LANGUAGES
from benchmarks.reports.record import large_record


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--requirements", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    results, catalogue = large_record(chosen.nodes, chosen.requirements), load_catalogue()
    print(f"{chosen.nodes} nodes, {chosen.requirements} requirements, {len(results.verdicts)} verdicts\n")
    print("| report | seconds (median) | range | kB |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for form in ("html", "pdf"):
            for language in LANGUAGES:
                took, size = [], 0
                for _ in range(chosen.rounds):
                    started = time.perf_counter()
                    (file,) = write_reports(Path(folder), results, catalogue, [language], formats=[form])
                    took.append(time.perf_counter() - started)
                    size = file.stat().st_size
                spread = f"{min(took):.2f} to {max(took):.2f}"
                print(f"| {form}, {language} | {statistics.median(took):.2f} | {spread} | {size // 1024} |")


if __name__ == "__main__":
    main()
