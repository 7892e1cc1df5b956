"""How long the sign-off report of a large site takes, and how large its files are."""
