"""The commands on saved runs: ``report``, ``diff``, ``verify``, ``bundle``, ``index``."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acp_acceptance.inventory import InputFileError, Waivers, load_waivers
from acp_acceptance.reporting.bundle import parts_of, write_bundle
from acp_acceptance.reporting.comparison import ComparisonText
from acp_acceptance.reporting.evidence import EvidenceError, verify
from acp_acceptance.reporting.overview import write_index
from acp_acceptance.reporting.saved import SavedError, load_results
from acp_acceptance.reporting.signoff import FORMATS, write_reports
from acp_acceptance.reporting.waiving import unfit, waived_anew
from acp_acceptance.requirements.catalogue import LANGUAGES, load_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.reporting.results import Results

FAILED, WRONG_USE = 1, 4
_ERRORS = (SavedError, EvidenceError, InputFileError, OSError, ValueError)


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse's own type is private
    """Declare the commands."""
    report = commands.add_parser("report", help="lay a saved record out again: other languages, other waivers")
    report.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or its results.json")
    report.add_argument("--lang", type=_list_of(LANGUAGES), default=["en"], help="en, ru, zh, or several: en,ru")
    report.add_argument("--format", type=_list_of(FORMATS), default=FORMATS, help="html, pdf, or html,pdf (default)")
    report.add_argument("--waivers", type=Path, metavar="FILE", help="in place of those the record was made with")
    report.add_argument("--output", type=Path, default=Path(), metavar="DIR", help="where to (default: here)")
    report.set_defaults(run_command=_report)

    diff = commands.add_parser("diff", help="what was mended, what is new, what is still open between two records")
    diff.add_argument("old", type=Path, metavar="OLD", help="folder of a run, or its results.json")
    diff.add_argument("new", type=Path, metavar="NEW", help="likewise, of a later run")
    diff.add_argument("--lang", choices=LANGUAGES, default="en")
    diff.set_defaults(run_command=_diff)

    check = commands.add_parser("verify", help="hold a run's files against its manifest")
    check.add_argument("run", type=Path, metavar="RUN", help="folder of a run")
    check.set_defaults(run_command=_verify)

    bundle = commands.add_parser("bundle", help="pack a run for support: record and snapshot, without secrets")
    bundle.add_argument("run", type=Path, metavar="RUN", help="folder of a run")
    bundle.add_argument("--output", type=Path, metavar="FILE", help="default: SITE-RUN.tar.gz, here")
    bundle.add_argument("--yes", action="store_true", help="write without asking; the list is printed all the same")
    bundle.set_defaults(run_command=_bundle)

    index = commands.add_parser("index", help="make the page over all runs of a site anew, such as in another language")
    index.add_argument("site", type=Path, metavar="SITE", help="the site's folder of reports")
    index.add_argument("--lang", choices=LANGUAGES, default="en")
    index.set_defaults(run_command=_index)


def _list_of(known: tuple[str, ...]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        given = list(dict.fromkeys(text.split(",")))
        for word in given:
            if word not in known:
                raise argparse.ArgumentTypeError(f"{word!r} is not among {', '.join(known)}")
        return given

    return parse


def run_command(chosen: argparse.Namespace) -> int:
    """Run one of the commands; what is wrong with its files is said on standard error.

    Returns:
        The exit status: 0, 1 where something is new or not as it was, 4 where it cannot be done.
    """
    command: Callable[[argparse.Namespace], int] = chosen.run_command
    try:
        return command(chosen)
    except _ERRORS as error:
        print(f"acp-acceptance: {error}", file=sys.stderr)
        return WRONG_USE


def _report(chosen: argparse.Namespace) -> int:
    results, catalogue = load_results(chosen.run), load_catalogue()
    chosen.output.mkdir(parents=True, exist_ok=True)
    if chosen.waivers:
        results = _waived(results, load_waivers(chosen.waivers))
        # Reports name the digest of the record they are of, and with other waivers that is another record.
        _write_new(chosen.output / "results.json", results)
    record = chosen.output / "results.json" if chosen.waivers else _record_of(chosen.run)
    for file in write_reports(chosen.output, results, catalogue, chosen.lang, formats=chosen.format, record=record):
        print(file)
    return 0


def _waived(results: Results, waivers: Waivers) -> Results:
    catalogue = load_catalogue()
    reasons = list(unfit(waivers, catalogue))
    if reasons:
        raise SavedError("\n".join(reasons))
    return waived_anew(results, waivers, catalogue, datetime.now(timezone.utc).date())


def _record_of(run: Path) -> Path:
    return run / "results.json" if run.is_dir() else run


def _write_new(file: Path, results: Results) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(f"{results.model_dump_json(by_alias=True, indent=1)}\n")
    except FileExistsError as error:
        raise SavedError(f"{file}: is there already, and is not written over; give another --output") from error
    print(file)


def _diff(chosen: argparse.Namespace) -> int:
    old, new = load_results(chosen.old), load_results(chosen.new)
    text = ComparisonText(old, new, load_catalogue(), chosen.lang)
    for line in text.lines():
        print(line)
    return FAILED if any(item.kind == "new" for item in text.differences) else 0


def _index(chosen: argparse.Namespace) -> int:
    if not (chosen.site / "history").is_dir():
        raise SavedError(f"{chosen.site}: has no history; give a site's folder, below that of all reports")
    print(write_index(chosen.site, chosen.lang))
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    verified = verify(chosen.run)
    for word, names in (("changed", verified.changed), ("missing", verified.missing), ("added", verified.added)):
        for name in names:
            print(f"{word}: {ascii(name)[1:-1]}")
    print(f"{verified.intact} files are as they were" + ("" if verified.whole else "; THE RUN WAS CHANGED"))
    return 0 if verified.whole else FAILED


def _bundle(chosen: argparse.Namespace) -> int:
    folder = chosen.run.resolve()
    load_results(folder)
    parts = parts_of(folder)
    name = f"{folder.parent.name}-{folder.name}"
    file = chosen.output or Path(f"{name}.tar.gz")
    print(f"{file} will hold, with names and addresses of nodes:")
    for part in parts:
        taken_out = f", {part.redactions} values redacted" if part.redactions else ""
        print(f"  {part.name}  {len(part.content)} bytes{taken_out}")
    if not chosen.yes and (not sys.stdin.isatty() or input("Write it? [y/N] ").strip().lower() not in {"y", "yes"}):
        print("not written" if sys.stdin.isatty() else "not written: look at the list, then give --yes")
        return FAILED
    write_bundle(parts, name, file)
    print(f"written: {file}")
    return 0
