"""The clauses behind an alarm: of the law, or of the mine's own rules."""

from typing import Any

from apps.alarms.models import Alarm
from apps.mines.packs import clauses_behind
from workers.ruling import clause_name

__all__ = ["cite"]


def cite(alarm: Alarm, level: str, values: dict[str, Any]) -> None:
    """Add the clauses behind a level: the rule's own, then those of the mine's pack.

    Of the pack those count that were in force when the alarm was raised first.
    """
    mine = alarm.camera.mine
    behind = clauses_behind(mine=mine, rule_type=alarm.rule_type, level=level, at=alarm.raised_at)
    for clause in (*values.get("clauses", []), *behind):
        if clause_name(clause) not in map(clause_name, alarm.clauses):
            alarm.clauses = [*alarm.clauses, clause]
