"""What was observed: typed facts, the pure parsers that make them, and the snapshot that keeps them."""
