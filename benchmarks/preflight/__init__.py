"""Judging nodes before installation: the suite, its peers, and the floors below which none can go."""
