"""Whatever happens, in whatever order and however often: nothing is lost, doubled or undone.

Hypothesis plays engine, operators and time against the real verbs and the real database.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.alarms import answers
from apps.alarms.easing import alarm_ease
from apps.alarms.escalation import escalations_due
from apps.alarms.life import ASKING, SILENCED
from apps.alarms.models import Alarm, AlarmTransition, Silence
from apps.alarms.selectors import desk_data, silences
from apps.alarms.services import alarm_clear, alarm_see
from apps.alarms.silences import (
    permits_follow,
    silence_agree,
    silence_ask,
    silence_end,
    silences_due,
)
from apps.live.selectors import events_after
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

RULES = {"r1": "critical", "r2": "high", "r3": "low"}
WHICH = st.sampled_from(sorted(RULES))
TIMES = st.integers(1, 2)


class Desk:
    """A page: a snapshot and every event after its cursor, of which some come twice."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.cursor = snapshot["cursor"]
        self.alarms = {row["id"]: row for row in snapshot["alarms"]}
        self.silences = {row["id"]: row for row in snapshot["silences"]}

    def hear(self, event: dict[str, Any]) -> None:
        """Take in one event as `frontend/src/desk/state.ts` does."""
        if event["id"] <= self.cursor:
            return
        self.cursor, payload = event["id"], event["payload"]
        if event["kind"].startswith("alarm."):
            self.alarms[payload["id"]] = payload
            if payload["state"] == "closed":
                del self.alarms[payload["id"]]
        if event["kind"].startswith("silence."):
            self.silences[payload["id"]] = payload
            if payload["ended_at"]:
                del self.silences[payload["id"]]


class Lives(RuleBasedStateMachine):
    """One mine's alarms under random hands."""

    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.scope = mine_scope(self.cast.lamp_hill.mine.pk)
        self.scope.__enter__()
        self.mine = [self.cast.lamp_hill.mine.pk]
        self.clock = NOON
        self.number = dict.fromkeys(RULES, 0)
        self.ongoing = dict.fromkeys(RULES, False)
        self.level = dict.fromkeys(RULES, "danger")  # that is so now
        self.step = dict.fromkeys(RULES, 1)  # how many levels the occurrence took
        self.delivered: dict[str, list[Callable[[], Any]]] = {name: [] for name in RULES}
        self.first_times: dict[int, Any] = {}
        self.told: dict[int, str] = {}  # by alarm: how it stood after the last act
        self.act = ""
        self.desk = Desk(desk_data(mine_ids=self.mine))

    def teardown(self) -> None:
        """Leave an empty mine to the next example."""
        transaction.set_rollback(True)
        self.scope.__exit__(None, None, None)

    def later(self) -> Any:
        """Move the cameras' clock on."""
        self.clock += timedelta(seconds=7)
        return self.clock

    def raised(self, name: str, at: Any, **changes: Any) -> None:
        """Deliver what the engine says of an occurrence."""
        an_alarm(self.cast.lamp_hill, at=at, **(self.facts(name) | changes))

    def facts(self, name: str) -> dict[str, Any]:
        """Return what the engine says of an occurrence now."""
        level, values = self.level[name], {"step": self.step[name]}
        severity = RULES[name] if level == "danger" else "low"
        return {
            "rule": name, "situation": f"{name}:{self.number[name]}", "level": level,
            "severity": severity, "why": f"in {level}", "values": values,
        }  # fmt: skip

    def begins(self, name: str) -> None:
        """Name an occurrence, which begins as a danger."""
        self.number[name] += 1
        self.level[name], self.step[name] = "danger", 1
        self.delivered[name] = []

    def delivers(self, name: str, times: int, act: Callable[[], Any]) -> None:
        """Deliver something of the ongoing occurrence; it may come again later."""
        for _ in range(times):
            act()
        self.delivered[name].append(act)

    @rule(name=WHICH, times=TIMES)
    def somebody_enters(self, name: str, times: int) -> None:
        """Deliver the raise of an occurrence, once or twice."""
        self.act = "engine"
        if not self.ongoing[name]:
            self.begins(name)
        at, facts = self.later(), self.facts(name)
        self.delivers(name, times, lambda: self.raised(name, at, **facts))
        self.ongoing[name] = True

    @rule(name=WHICH, times=TIMES)
    def it_becomes_critical(self, name: str, times: int) -> None:
        """Deliver the same situation at the worst severity."""
        if not self.ongoing[name] or self.level[name] != "danger":
            return
        self.act = "engine"
        at = self.later()
        for _ in range(times):
            self.raised(name, at, severity="critical")

    @rule(name=WHICH, times=TIMES)
    def it_becomes_less(self, name: str, times: int) -> None:
        """Deliver that the danger is over and the warning goes on: nobody is asked or relieved."""
        if not self.ongoing[name] or self.level[name] != "danger":
            return
        self.act = "engine"
        before = Alarm.objects.get(rule=name, cleared_at=None)
        self.level[name], self.step[name] = "warning", self.step[name] + 1
        at, facts = self.later(), self.facts(name)
        about = {"camera": self.cast.lamp_hill.camera, "at": at, "boxes": [], "zone": []}
        self.delivers(name, times, lambda: alarm_ease(**facts, **about))
        after = Alarm.objects.get(rule=name, cleared_at=None)
        assert (after.state, after.count) == (before.state, before.count)
        assert (after.severity, after.level) == (before.severity, "danger")

    @rule(name=WHICH, times=TIMES, answered=st.booleans(), minutes=st.integers(0, 9))
    def it_becomes_worse_again(self, name: str, times: int, answered: bool, minutes: int) -> None:
        """Deliver that somebody else is in danger: it asks, and is counted once."""
        if not self.ongoing[name] or self.level[name] != "warning":
            return
        before = Alarm.objects.get(rule=name, cleared_at=None)
        if answered:
            by = self.cast.operator
            self.tried(lambda: answers.alarm_acknowledge(alarm=before, actor=by))
        self.act = "person" if answered else "engine"
        self.clock += timedelta(minutes=minutes)
        self.level[name], self.step[name] = "danger", self.step[name] + 1
        at, facts = self.later(), self.facts(name)
        self.delivers(name, times, lambda: self.raised(name, at, **facts))
        after = Alarm.objects.get(rule=name, cleared_at=None)
        assert after.state in (Alarm.State.UNACKNOWLEDGED, *SILENCED)
        assert after.count == before.count + 1, "delivered twice is counted once"

    @rule(data=st.data(), name=WHICH)
    def what_was_delivered_comes_again(self, data: Any, name: str) -> None:
        """Deliver anything of the ongoing occurrence once more: nothing changes."""
        if not self.ongoing[name] or not self.delivered[name]:
            return
        self.act = "engine"
        stands = Alarm.objects.filter(rule=name).values()
        before = list(stands.all())
        data.draw(st.sampled_from(self.delivered[name]))()
        assert list(stands.all()) == before

    @rule(name=WHICH, minutes=st.integers(0, 10), times=TIMES, answered=st.booleans())
    def the_engine_forgets_and_finds_it_anew(
        self, name: str, minutes: int, times: int, answered: bool
    ) -> None:
        """Name what goes on anew, after a while in which nobody saw it; nobody told its end."""
        if not self.ongoing[name]:
            self.somebody_enters(name=name, times=1)
        before = Alarm.objects.get(rule=name, cleared_at=None)
        if answered:
            by = self.cast.operator
            self.tried(lambda: answers.alarm_acknowledge(alarm=before, actor=by))
        self.act = "person" if answered else "engine"
        self.clock += timedelta(minutes=minutes)
        self.begins(name)
        at, facts = self.later(), self.facts(name)
        self.delivers(name, times, lambda: self.raised(name, at, **facts))
        after = Alarm.objects.get(rule=name, cleared_at=None)
        assert after.pk == before.pk
        assert minutes < 1 or after.state != Alarm.State.ACKNOWLEDGED
        assert after.count - before.count in (0, 1), "delivered twice is counted once"

    @rule(name=WHICH)
    def it_is_seen_again(self, name: str) -> None:
        """Deliver an update; for what is over it changes nothing."""
        self.act = "see"
        facts = self.facts(name)
        del facts["severity"]
        alarm_see(camera=self.cast.lamp_hill.camera, at=self.later(), boxes=[], **facts)

    @rule(name=WHICH, times=TIMES)
    def it_is_over(self, name: str, times: int) -> None:
        """Deliver the end, also of what never began."""
        self.act = "engine"
        at, situation = self.later(), f"{name}:{self.number[name]}"
        for _ in range(times):
            alarm_clear(camera=self.cast.lamp_hill.camera, rule=name, situation=situation, at=at)
        self.ongoing[name] = False

    @rule(
        data=st.data(),
        verb=st.sampled_from(["acknowledge", "reset", "false", "call", "assign"]),
        times=TIMES,
    )
    @precondition(lambda self: Alarm.objects.exists())
    def a_person_acts(self, data: Any, verb: str, times: int) -> None:
        """Do something about any alarm; what is refused changes nothing."""
        self.act = "person"
        alarm = data.draw(st.sampled_from(list(Alarm.objects.order_by("pk"))))
        by = {"alarm": alarm, "actor": self.cast.operator, "desk": "desk 1"}
        verbs = {
            "acknowledge": lambda: answers.alarm_acknowledge(**by),
            "reset": lambda: answers.alarm_reset(finding="looked at it", **by),
            "false": lambda: answers.alarm_call_false(reason="a shadow", **by),
            "call": lambda: answers.alarm_call(whom="driver", said="stops", **by),
            "assign": lambda: answers.alarm_assign(to=self.cast.admin, **by),
        }
        for _ in range(times):
            self.tried(verbs[verb])

    @staticmethod
    def tried(verb: Any) -> None:
        """Do it, or be refused as a page would be."""
        try:
            with transaction.atomic():
                verb()
        except ValidationError:
            pass

    @rule(name=WHICH, kind=st.sampled_from(["shelved", "out_of_service"]))
    def a_rule_is_silenced(self, name: str, kind: str) -> None:
        """Ask for a silence; of a critical rule it only waits."""
        self.act = "person"
        self.tried(
            lambda: silence_ask(
                camera=self.cast.lamp_hill.camera, rule=name, kind=kind,
                length=timedelta(hours=1), reason="repair", actor=self.cast.operator,
            )
        )  # fmt: skip

    @rule(data=st.data(), agree=st.booleans())
    @precondition(lambda self: silences().exists())
    def a_second_person_decides(self, data: Any, agree: bool) -> None:
        """Agree to a silence, or end it."""
        self.act = "person"
        silence = data.draw(st.sampled_from(list(silences())))
        verb = silence_agree if agree else silence_end
        self.tried(lambda: verb(silence=silence, actor=self.cast.admin))

    @rule(data=st.data(), times=TIMES)
    @precondition(lambda self: silences().filter(until__isnull=False).exists())
    def a_silences_time_is_over(self, data: Any, times: int) -> None:
        """Let its time pass; the beat may come twice."""
        self.act = "time"
        chosen = data.draw(st.sampled_from(list(silences().filter(until__isnull=False))))
        past = timezone.now() - timedelta(seconds=1)
        Silence.objects.filter(pk=chosen.pk).update(until=past)
        for _ in range(times):
            silences_due(now=timezone.now())

    @rule(minutes=st.integers(0, 40), times=TIMES)
    def nobody_answers_for_a_while(self, minutes: int, times: int) -> None:
        """Let the beat come late, or twice."""
        self.act = "time"
        for _ in range(times):
            escalations_due(now=timezone.now() + timedelta(minutes=minutes))

    @rule(rules=st.sets(WHICH, max_size=2))
    def permits_open_and_close(self, rules: set[str]) -> None:
        """Let the engine say which rules a permit holds back."""
        self.act = "engine"
        permits_follow(
            camera=self.cast.lamp_hill.camera, permits=dict.fromkeys(sorted(rules), "permit-1")
        )

    @rule()
    def the_server_is_restarted(self) -> None:
        """Open the page anew: what it showed is what the rows say."""
        before = self.desk
        self.desk = Desk(desk_data(mine_ids=self.mine))
        assert (self.desk.alarms, self.desk.silences) == (before.alarms, before.silences)

    @invariant()
    def snapshot_and_events_are_a_fresh_snapshot(self) -> None:
        """Deliver what is new, and the last events once more."""
        cursor = self.desk.cursor
        for event in [*events_after(cursor=cursor), *events_after(cursor=max(0, cursor - 4))]:
            self.desk.hear(event)
        fresh = Desk(desk_data(mine_ids=self.mine))
        assert (self.desk.alarms, self.desk.silences) == (fresh.alarms, fresh.silences)

    @invariant()
    def every_situation_is_one_alarm_with_its_first_time(self) -> None:
        """Keep the first time for ever, and never two alarms for one situation."""
        there = Alarm.objects.filter(cleared_at=None)
        assert sorted(there.values_list("rule", flat=True)) == sorted(
            name for name, ongoing in self.ongoing.items() if ongoing
        )
        times = dict(Alarm.objects.values_list("pk", "raised_at"))
        assert self.first_times.items() <= times.items()
        self.first_times = times

    @invariant()
    def an_ongoing_alarm_tells_what_is_so_now(self) -> None:
        """Let its words be the engine's last ones."""
        for alarm in Alarm.objects.filter(cleared_at=None):
            assert alarm.values["level"] == self.level[alarm.rule]
            assert alarm.why == f"in {alarm.values['level']}"

    @invariant()
    def the_record_is_an_unbroken_chain(self) -> None:
        """Let each step begin where the one before it led, and the last one be the state."""
        states: dict[int, str] = {}
        for step in AlarmTransition.objects.order_by("pk"):
            assert step.from_state == states.get(step.alarm_id, "")
            states[step.alarm_id] = step.to_state
        assert states == dict(Alarm.objects.values_list("pk", "state"))

    @invariant()
    def only_people_stop_an_alarm_from_asking(self) -> None:
        """Let neither the engine nor time answer; and no silence hold without being listed."""
        states = dict(Alarm.objects.values_list("pk", "state"))
        if self.act in ("engine", "see", "time"):
            for alarm, state in self.told.items():
                if state in ASKING:
                    assert states[alarm] in ASKING
        listed = set(silences().exclude(since=None).values_list("rule", flat=True))
        silent = Alarm.objects.filter(state__in=SILENCED).values_list("rule", flat=True)
        assert set(silent) <= listed
        self.told = states


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_undone_in_any_order(cast: Cast):
    """Play fifteen lives of up to twenty-five acts."""
    machine = type("LivesOfThisCast", (Lives,), {"cast": cast})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
