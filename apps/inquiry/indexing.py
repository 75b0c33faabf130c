"""Keeps the words of cases, in the transaction of the step that brings them."""

from django.conf import settings
from django.utils.translation import gettext, override

from apps.alarms.models import Alarm
from apps.inquiry.models import CaseWord
from apps.inquiry.words import words_in
from workers.hazards import registry

__all__ = ["case_words_keep"]


def case_words_keep(*, alarm: Alarm, note: str = "", anew: bool = False) -> None:
    """Add what an alarm says now, and what somebody wrote; words once there stay. Twice is as once.

    anew: also what changes only when an alarm is raised or becomes worse.
    """
    texts = [note, alarm.finding]
    if anew:
        texts += [str(alarm.pk), alarm.why, alarm.rule, alarm.rule_type, alarm.level]
        hazard = registry().get(alarm.rule_type)
        for code, _name in settings.LANGUAGES if hazard else ():
            with override(code):
                texts.append(gettext(hazard.title))
    words = words_in(*texts)
    if words:
        CaseWord.objects.bulk_create(
            [CaseWord(mine_id=alarm.mine_id, alarm=alarm, word=word) for word in sorted(words)],
            ignore_conflicts=True,
        )
