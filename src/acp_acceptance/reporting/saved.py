"""Reading a saved record again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from acp_acceptance.reporting.results import SCHEMA, Results

if TYPE_CHECKING:
    from pathlib import Path


class SavedError(Exception):
    """What was named holds no record that can be read; the message says why."""


def load_results(path: Path) -> Results:
    """Read ``results.json``, or that of a run's folder.

    Raises:
        SavedError: it cannot be read, or is none.
    """
    file = path / "results.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SavedError(f"{file}: cannot be read: {error}") from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise SavedError(f"{file}: is no record of schema {SCHEMA} (it says {schema!r}); give results.json of a run")
    try:
        return Results.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SavedError(f"{file}: is no record: {place}: {first['msg']}") from error
