from django.apps import AppConfig


class RecordingsConfig(AppConfig):
    """What is recorded, what is missing and why, and how long it is kept."""

    name = "apps.recordings"
