"""The labelling workplace: queue, leases, submissions, oracle."""
