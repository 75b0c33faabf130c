from django.apps import AppConfig


class CamerasConfig(AppConfig):
    """Cameras, their chunks and their analysis."""

    name = "apps.cameras"
