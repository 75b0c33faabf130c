"""The views of the REST API, a file a concept: each parses, asks the role table, calls, answers."""
