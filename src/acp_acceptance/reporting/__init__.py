"""What people and programs get from a run: the record, and views of it."""
