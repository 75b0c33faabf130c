from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Pages for a mine's admins."""

    name = "apps.portal"
