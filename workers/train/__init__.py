"""Training of the project's own networks: pictures, losses, recipes."""
