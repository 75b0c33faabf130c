from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Copies of videos in which people and masked places are covered, and who may have others."""

    name = "apps.privacy"
