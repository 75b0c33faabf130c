from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, their roles and their tokens."""

    name = "apps.accounts"
