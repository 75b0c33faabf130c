"""The Django project: settings, addresses, entry points. The product is in apps/ and workers/."""

from davy.celery import app as celery_app

__all__ = ["celery_app"]
