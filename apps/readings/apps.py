from django.apps import AppConfig


class ReadingsConfig(AppConfig):
    """What cameras measure, over time."""

    name = "apps.readings"
