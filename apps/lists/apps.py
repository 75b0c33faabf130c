from django.apps import AppConfig


class ListsConfig(AppConfig):
    """How every list filters, sorts and exports."""

    name = "apps.lists"
