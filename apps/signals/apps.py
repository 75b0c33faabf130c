from django.apps import AppConfig


class SignalsConfig(AppConfig):
    """What machines say of themselves."""

    name = "apps.signals"
