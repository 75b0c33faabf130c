"""The abstract row that belongs to a mine."""

from django.db import models
from django_scopes import ScopedManager

__all__ = ["MineRow"]


class MineRow(models.Model):
    """A row of one mine: outside a scope no query finds it."""

    mine = models.ForeignKey("mines.Mine", on_delete=models.CASCADE, related_name="+")

    objects = ScopedManager(mine="mine")

    class Meta:
        abstract = True
