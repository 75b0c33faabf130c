from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Plans of mines and of their places, with the cameras on them."""

    name = "apps.plans"
