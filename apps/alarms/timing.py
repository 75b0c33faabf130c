"""How long each stage took from the picture to the alarm, measured outside of the analysis's fold.

All but two are seconds from the picture that raised the alarm, by the recorder's clock, to the end
of the stage: `written_s` its chunk lay in the ring with its row, `picked_s` a worker had taken it,
`judged_s` the chunk was decoded, looked at and judged, `committed_s` the alarm was in the database,
`rung_s` open pages had been rung. `decoding_s` and `detecting_s` are the parts of judging that went
into decoding and into the detector's networks, waiting for a turn at them included; what is left is
following people, reading machines and judging rules. Machines whose clocks differ shift the stages
between them; nothing is corrected.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.alarms.models import Alarm
from apps.tenancy.scope import mine_scope

__all__ = ["Stages", "stages_said"]


# Seconds that a part took by itself, and no time since the picture.
PARTS = ("decoding_s", "detecting_s")


class Stages:
    """The times of one chunk, and the alarms that it raised."""

    def __init__(self, written: datetime) -> None:
        self.marks = {"written_s": written}
        self.decoding_s = 0.0
        self.detecting_s = 0.0
        self.alarms: list[Alarm] = []

    def mark(self, stage: str) -> None:
        """Note that a stage ends now."""
        self.marks[f"{stage}_s"] = timezone.now()

    def raised(self, alarm: Alarm | None, at: datetime) -> None:
        """Note an alarm, if it was raised by this chunk and not only seen again."""
        if alarm is not None and not alarm.stages and alarm.raised_at == at:
            self.alarms.append(alarm)

    def keep(self) -> None:
        """Write the stages to the alarms; where the worker dies before it, nobody knows them."""
        for alarm in self.alarms:
            took = {
                stage: round((mark - alarm.raised_at).total_seconds(), 3)
                for stage, mark in self.marks.items()
            }
            with mine_scope(alarm.mine_id):
                Alarm.objects.filter(pk=alarm.pk, stages={}).update(
                    stages={
                        **took,
                        "decoding_s": round(self.decoding_s, 3),
                        "detecting_s": round(self.detecting_s, 3),
                    }
                )


def stages_said(alarm: Alarm) -> Iterator[tuple[str, float]]:
    """Give each stage in words with the seconds that it took by itself."""
    words = {
        "written_s": _("until the recording was written"),
        "picked_s": _("until the analysis took it"),
        "decoding_s": _("to decode"),
        "detecting_s": _("to look for people and vehicles"),
        "judged_s": _("to follow, read machines and judge"),
        "committed_s": _("until the alarm was kept"),
        "rung_s": _("until open pages were told"),
    }
    before = 0.0
    stages: dict[str, Any] = alarm.stages
    # Alarms from before a part was measured have it within the stage that it belongs to.
    for stage, said in words.items():
        if stage not in stages:
            continue
        until = before + stages[stage] if stage in PARTS else stages[stage]
        yield said, until - before
        before = until
