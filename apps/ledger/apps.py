from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Puts the record of each mine into a chain and signs it."""

    name = "apps.ledger"
