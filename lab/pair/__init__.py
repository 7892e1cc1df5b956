"""Two ``global`` clusters of ACP for disaster recovery, with everything between them, on one machine."""

from lab.pair.pair import PRIMARY, STANDBY, Pair
from lab.pair.side import Side

__all__ = ["PRIMARY", "STANDBY", "Pair", "Side"]
