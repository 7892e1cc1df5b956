"""What no synchronisation carries."""

from datetime import datetime

from acp_acceptance.model.pair.excluded import require_listed, unsaved
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.requirements import OwedRequirement, verifies


@verifies("dr.excluded-namespaces.backup")
def test_what_users_made_there_has_a_backup(
    primary_side: SideFacts, taken: datetime, requirement: OwedRequirement
) -> None:
    requirement.expect_nothing([*unsaved(primary_side.user_objects, taken, requirement["days"])])
    require_listed(primary_side.user_objects)
