"""Too much of it: alarms that come and go, and more alarms than one person can answer."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.alarms.chatter import proposals
from apps.alarms.floods import floods_due
from apps.alarms.models import Alarm, AlarmTransition, Flood
from apps.alarms.selectors import alarms_open, asking, desk_data
from apps.alarms.services import alarm_clear
from apps.alarms.silences import silence_ask
from apps.live.models import Event
from apps.rules.models import Scene
from apps.rules.selectors import scene_in_force
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm


@pytest.fixture
def hill(cast: Cast):
    """The cast, with Lamp Hill in scope."""
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast


def comes_and_goes(cast: Cast, every_s: float, times: int, **changes) -> Alarm:
    """Raise and clear; each spell lasts a third of the time."""
    for n in range(times):
        at = NOON + timedelta(seconds=every_s * n)
        an_alarm(cast.lamp_hill, rule="r2", situation=f"r2:{n}", at=at, **changes)
        alarm_clear(
            camera=cast.lamp_hill.camera, rule="r2", situation=f"r2:{n}",
            at=at + timedelta(seconds=every_s / 3),
        )  # fmt: skip
    return Alarm.objects.get(rule="r2")


def test_three_changes_in_a_minute_are_told_with_an_on_delay_to_think_about(hill: Cast):
    before = scene_in_force(camera=hill.lamp_hill.camera)
    alarm = comes_and_goes(hill, 12, 2, severity="medium")
    assert alarm.chatter == {"changes": 3, "within_s": 60, "on_delay_s": 4}
    step = AlarmTransition.objects.get(cause="chattering")
    assert (step.alarm, step.detail) == (alarm, alarm.chatter)
    assert alarm.state == "returned", "it still asks"
    assert scene_in_force(camera=hill.lamp_hill.camera) == before, "no rule is changed"


def test_it_is_told_once_an_alarm(hill: Cast):
    comes_and_goes(hill, 12, 5)
    assert AlarmTransition.objects.filter(cause="chattering").count() == 1


def test_slow_coming_and_going_is_no_chattering(hill: Cast):
    assert comes_and_goes(hill, 61, 4).chatter == {}


def test_where_a_life_hangs_on_it_no_more_than_two_seconds_are_told(hill: Cast):
    assert comes_and_goes(hill, 6, 2, severity="critical").chatter["on_delay_s"] == 2


def test_a_spell_that_began_before_the_minute_counts_with_all_of_its_length(hill: Cast):
    for name, since_s, until_s in (("r2:1", 0, 55), ("r2:2", 100, 101)):
        since, until = (NOON + timedelta(seconds=at_s) for at_s in (since_s, until_s))
        an_alarm(hill.lamp_hill, rule="r2", situation=name, at=since, severity="medium")
        camera = hill.lamp_hill.camera
        alarm_clear(camera=camera, rule="r2", situation=name, at=until)
    assert Alarm.objects.get(rule="r2").chatter == {"changes": 3, "within_s": 60}


def two_rules(hill: Cast) -> Scene:
    """Put the camera's rule in force twice, as r1 and r2."""
    scene = scene_in_force(camera=hill.lamp_hill.camera)
    rules = [{**scene.document["rules"][0], "id": name} for name in ("r1", "r2")]
    return scene_publish(
        camera=hill.lamp_hill.camera, document={**scene.document, "rules": rules}, reason="two"
    )


def test_where_no_permitted_delay_would_have_done_none_is_said_and_none_proposed(hill: Cast):
    scene = two_rules(hill)
    alarm = comes_and_goes(hill, 15, 2, severity="critical")
    Alarm.objects.filter(pk=alarm.pk).update(raised_at=timezone.now())
    assert alarm.chatter == {"changes": 3, "within_s": 60}
    assert proposals(camera=hill.lamp_hill.camera, scene=scene) == []
    client = Client()
    client.force_login(hill.admin)
    page = client.get(f"/alarms/{alarm.pk}/").content.decode()
    assert "3 changes in 60 s; no permitted wait would have held them back" in page
    assert "look at the proposal" not in page


def flood(cast: Cast, number: int, severity: str = "low") -> None:
    for n in range(number):
        an_alarm(cast.lamp_hill, rule=f"f{n}", situation=f"f{n}", severity=severity)


def kinds() -> list[str]:
    rows = Event.objects.filter(kind__startswith="flood.").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_ten_alarms_in_ten_minutes_are_none_and_eleven_are_a_flood(hill: Cast):
    flood(hill, 10)
    assert not Flood.objects.exists()
    flood(hill, 13)
    assert Flood.objects.count() == 1
    assert kinds() == ["flood.began"]
    assert alarms_open().count() == 13, "nothing is dropped: the desk folds what it shows"


def test_alarms_that_ask_nobody_make_no_flood(hill: Cast):
    for n in range(12):
        silence_ask(
            camera=hill.lamp_hill.camera, rule=f"f{n}", kind="shelved", reason="repair",
            length=timedelta(hours=1), actor=hill.operator,
        )  # fmt: skip
    flood(hill, 12)
    assert not Flood.objects.exists()


def test_a_flood_is_over_below_five_in_ten_minutes_and_ends_once(hill: Cast):
    flood(hill, 11)
    now = timezone.now()
    assert floods_due(now=now) == 0
    pks = list(Alarm.objects.values_list("pk", flat=True))
    Alarm.objects.filter(pk__in=pks[:6]).update(committed_at=now - timedelta(minutes=11))
    assert floods_due(now=now) == 0
    Alarm.objects.filter(pk__in=pks[:7]).update(committed_at=now - timedelta(minutes=11))
    assert [floods_due(now=now), floods_due(now=now)] == [1, 0]
    assert kinds() == ["flood.began", "flood.ended"]


def test_alarms_of_a_future_that_the_clock_took_back_make_no_flood_and_keep_none_up(hill: Cast):
    right = timezone.now()
    with time_machine.travel(right + timedelta(hours=1), tick=False) as clock:
        flood(hill, 11)
        clock.move_to(right)
        assert floods_due(now=right) == 1
        for n in range(2):
            an_alarm(hill.lamp_hill, rule=f"late{n}", situation=f"late{n}", severity="low")
        assert kinds() == ["flood.began", "flood.ended"]
        assert len(desk_data(mine_ids=[hill.lamp_hill.mine.pk])["recent"]) == 2


def test_the_desk_is_given_the_flood_and_what_came_in_the_last_ten_minutes(hill: Cast):
    flood(hill, 11)
    data = desk_data(mine_ids=[hill.lamp_hill.mine.pk])
    assert [row["mine"] for row in data["floods"]] == [hill.lamp_hill.mine.pk]
    assert len(data["recent"]) == 11


def test_a_rule_that_chatters_gets_a_longer_wait_proposed_and_none_armed(hill: Cast):
    scene = two_rules(hill)
    alarm = comes_and_goes(hill, 12, 2, severity="medium")
    Alarm.objects.filter(pk=alarm.pk).update(raised_at=timezone.now())
    proposed = proposals(camera=hill.lamp_hill.camera, scene=scene)
    assert proposed == [
        {"rule": "r2", "sustain_s": 4, "now_s": 0, "changes": 3, "within_s": 60, "alarms": 1}
    ]
    assert scene_in_force(camera=hill.lamp_hill.camera) == scene
    rules = [dict(rule) for rule in scene.document["rules"]]
    rules[1]["sustain_s"] = 4
    scene = scene_publish(
        camera=hill.lamp_hill.camera, document={**scene.document, "rules": rules}, reason="waits"
    )
    assert proposals(camera=hill.lamp_hill.camera, scene=scene) == [], "it waits as long by now"


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "external_event", "params": {"input": "sos"}},
        {"type": "line_crossing", "params": {"line": "gate"}},
    ],
)
def test_what_would_never_be_told_with_a_wait_gets_none_proposed(hill: Cast, rule):
    camera = hill.lamp_hill.camera
    document = scene_in_force(camera=camera).document
    scene = scene_publish(
        camera=camera, reason="test",
        document={
            **document,
            "inputs": [{"id": "sos", "kind": "event"}],
            "lines": [{"id": "gate", "points": [[0.1, 0.5], [0.9, 0.5]]}],
            "rules": [*document["rules"], {"id": "r2", **rule}],
        },
    )  # fmt: skip
    alarm = comes_and_goes(hill, 12, 2, severity="medium", rule_type=rule["type"])
    Alarm.objects.filter(pk=alarm.pk).update(raised_at=timezone.now())
    assert alarm.chatter == {"changes": 3, "within_s": 60}
    assert proposals(camera=camera, scene=scene) == []
    # Of before, when one was measured for it.
    chatter = {**alarm.chatter, "on_delay_s": 4}
    Alarm.objects.filter(pk=alarm.pk).update(chatter=chatter)
    assert proposals(camera=camera, scene=scene) == []


def test_other_pages_are_told_what_asks_the_worst_first_and_what_folds_in_a_flood(hill: Cast):
    for n in range(11):
        an_alarm(hill.lamp_hill, rule=f"r{n}", situation=f"r{n}:1", severity="low")
    worst = an_alarm(hill.lamp_hill, rule="w", situation="w:1", severity="critical")
    Alarm.objects.filter(rule="r0").update(state=Alarm.State.ACKNOWLEDGED)
    Alarm.objects.filter(rule="r1").update(state="shelved")
    found = asking(mine_ids=[hill.lamp_hill.mine.pk])
    assert [row["severity"] for row in found] == ["critical"] + ["low"] * 9
    assert found[0] == {
        "id": worst.pk, "severity": "critical", "state": "unacknowledged", "active": True,
        "folds": False,
    }  # fmt: skip
    assert all(row["folds"] for row in found[1:])
    Flood.objects.update(ended_at=timezone.now())
    assert not any(row["folds"] for row in asking(mine_ids=[hill.lamp_hill.mine.pk]))
    assert asking(mine_ids=[hill.deep_vale.mine.pk]) == []
