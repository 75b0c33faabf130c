from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """Calls people and programs: routes, their deliveries, and the channels that carry them."""

    name = "apps.notify"

    def ready(self) -> None:
        """Hear who signs in and out."""
        from apps.notify import hands  # noqa: F401
