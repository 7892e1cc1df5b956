"""The stage after the installation beside kubectl, Popeye and a raw listing, on a real API server."""
