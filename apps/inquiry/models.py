"""The words by which cases are found."""

from django.db import models

from apps.tenancy.models import MineRow

__all__ = ["CaseWord"]


class CaseWord(MineRow):
    """A word that stands, or once stood, in an alarm or in what people wrote about it.

    Plain rows and no full text index: row-level security lets only comparisons that leak nothing
    use an index, and those of full text are not among them.
    """

    alarm = models.ForeignKey(
        "alarms.Alarm", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    word = models.CharField(max_length=40, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alarm", "word"], name="case_word_once"),
        ]
        indexes = [models.Index(fields=["mine", "word"], name="case_word")]
