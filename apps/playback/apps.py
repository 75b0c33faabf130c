from django.apps import AppConfig


class PlaybackConfig(AppConfig):
    """Live pictures and what was recorded, in the browser."""

    name = "apps.playback"
