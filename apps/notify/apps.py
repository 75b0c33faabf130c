from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Calls people and programs: routes, their deliveries, and the channels that carry them."""

    name = "apps.notify"
