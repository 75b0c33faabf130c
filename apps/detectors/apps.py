from django.apps import AppConfig


class DetectorsConfig(AppConfig):
    """The networks that look: the catalogue's commands, and what mines bring themselves."""

    name = "apps.detectors"
