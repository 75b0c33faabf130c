"""The views of the REST API, a file a concept."""
