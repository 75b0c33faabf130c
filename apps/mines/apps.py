from django.apps import AppConfig


class MinesConfig(AppConfig):
    """Organisations, mines, areas and machines."""

    name = "apps.mines"
