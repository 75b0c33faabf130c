from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    """What a person must answer."""

    name = "apps.alarms"
