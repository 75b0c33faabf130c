from django.apps import AppConfig


class BundlesConfig(AppConfig):
    """Evidence to take away: one file that proves itself."""

    name = "apps.bundles"
