"""Why something could not be read through an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import Problem

if TYPE_CHECKING:
    from acp_acceptance.model.measurement import ProblemKind


class ApiError(Exception):
    """Something could not be read.

    Attributes:
        kind: what stood in the way.
        reason: one sentence, printable and without secrets.
    """

    def __init__(self, kind: ProblemKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason

    @property
    def problem(self) -> Problem:
        """What stands in the place of the fact."""
        return Problem(self.kind, self.reason)
