"""What the pure functions of this package find that a requirement does not allow."""

from __future__ import annotations

Fault = tuple[str, dict[str, object]]
"""Name of the catalogue's sentence that says it, and that sentence's values."""
