"""The command ``acp-acceptance``: what is required, and work on saved runs. Judging itself is ``pytest``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from acp_acceptance import __version__
from acp_acceptance.cli_runs import add_commands, run_command
from acp_acceptance.reporting.results import Results
from acp_acceptance.requirements.catalogue import LANGUAGES, STAGES, load_catalogue
from acp_acceptance.requirements.listing import RequirementList

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: of the command line; the process's own by default.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="acp-acceptance", description=__doc__)
    parser.add_argument("--version", action="version", version=f"acp-acceptance {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_requirements(commands)
    add_commands(commands)
    commands.add_parser("schema", help="print the JSON schema of results.json").set_defaults(run=_print_schema)
    chosen = parser.parse_args(arguments)
    status = 0
    try:
        if "run_command" in chosen:
            status = run_command(chosen)
        else:
            chosen.run(chosen)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head`); nothing is wrong, and nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return status


def _add_requirements(commands: Any) -> None:  # noqa: ANN401 - argparse's own type is private
    releases = list(load_catalogue().releases)
    parser = commands.add_parser("requirements", help="list what a release requires")
    parser.add_argument("--release", choices=releases, default=releases[-1], help=f"default: {releases[-1]}")
    parser.add_argument("--stage", choices=STAGES, help="only this stage")
    parser.add_argument("--role", choices=["control_plane", "worker"], help="only what a node of this role owes")
    parser.add_argument("--format", choices=["table", "json", "markdown"], default="table")
    parser.add_argument("--lang", choices=LANGUAGES, default="en")
    parser.set_defaults(run=_list_requirements)


def _list_requirements(chosen: argparse.Namespace) -> None:
    listing = RequirementList(load_catalogue(), chosen.release, chosen.lang, stage=chosen.stage, role=chosen.role)
    if chosen.format == "json":
        json.dump(listing.as_documents(), sys.stdout, ensure_ascii=False, indent=1)
        print()
    elif chosen.format == "markdown":
        print(listing.as_markdown())
    else:
        table = Table(title=listing.title, title_justify="left")
        for column in listing.columns:
            table.add_column(column, overflow="fold")
        for row in listing.rows():
            table.add_row(*map(Text, row))
        console = Console(highlight=False, markup=False)
        console.print(table)
        questions = listing.questions()
        if questions:
            console.print(f"\n{listing.questions_title}")
        for question in questions:
            console.print(f"[ ] {question}")


def _print_schema(_chosen: argparse.Namespace) -> None:
    print(json.dumps(Results.model_json_schema(by_alias=True), indent=1))
