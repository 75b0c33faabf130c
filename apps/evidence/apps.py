from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Clips and who looked at them."""

    name = "apps.evidence"
