"""The synthetic mine: rendered scenes with exact truth, for demo, tests and self-test."""
