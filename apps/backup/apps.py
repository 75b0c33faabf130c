from django.apps import AppConfig


class BackupConfig(AppConfig):
    """Copies of the whole installation, their proof, and the way back."""

    name = "apps.backup"
