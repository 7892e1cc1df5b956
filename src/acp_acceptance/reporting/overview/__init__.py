"""The index of a site: all its runs on one page, with what became of them from run to run."""

from acp_acceptance.reporting.overview.index import as_page, write_index

__all__ = ["as_page", "write_index"]
