"""The comparison of both clusters of a pair, measured beside a raw listing of both."""
