"""Acceptance suite for the ``global`` cluster of Alauda Container Platform (ACP)."""

__version__ = "0.1.0"
