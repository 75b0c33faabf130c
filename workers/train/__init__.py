"""Training of the project's own networks: development-time commands; the product never runs them."""
