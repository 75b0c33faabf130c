from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Events, pushed to browsers and replayable from a cursor."""

    name = "apps.live"
