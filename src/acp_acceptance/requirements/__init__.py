"""Requirements as data: the catalogue, the releases' values, conditions, and what a test needs to judge with them."""

from acp_acceptance.requirements.catalogue import Catalogue, Requirement, load_catalogue
from acp_acceptance.requirements.judging import OwedRequirement, Unmet, verifies

__all__ = ["Catalogue", "OwedRequirement", "Requirement", "Unmet", "load_catalogue", "verifies"]
