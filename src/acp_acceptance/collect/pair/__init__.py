"""Collecting what only a disaster recovery pair has: of each cluster, and of both together."""
