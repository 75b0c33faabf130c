"""How Davy is started: embedded services, the supervisor, the demo, image and compose files."""
