from django.apps import AppConfig


class RulesConfig(AppConfig):
    """Scenes: everything drawn and ruled for one camera."""

    name = "apps.rules"
