"""The sign-off report: what people hold in their hands, in HTML and PDF, in each language."""

from acp_acceptance.reporting.signoff.document import Document
from acp_acceptance.reporting.signoff.writing import FORMATS, write_reports

__all__ = ["FORMATS", "Document", "write_reports"]
