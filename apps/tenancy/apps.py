from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenancyConfig(AppConfig):
    """Who may see which mine's rows."""

    name = "apps.tenancy"

    def ready(self) -> None:
        from apps.tenancy import checks, grants  # noqa: F401

        post_migrate.connect(grants.grant_to_application, sender=self)
