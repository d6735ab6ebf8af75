"""Measurements side by side with others: `python -m benchmarks NAME [--json]`."""
