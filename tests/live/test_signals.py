"""What machines and inputs report reaches the engine as it must, however its times lie."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import permutations

import pytest
import time_machine
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.signals.models import Report, Signal
from apps.signals.selectors import events_late, reports_until, signals_until
from apps.signals.services import report_receive, signal_receive
from apps.tenancy.scope import mine_scope
from tests.cast import Cast, Place
from workers.hazards.base import InputView
from workers.inputs import inputs
from workers.scene import parse_scene
from workers.state import InputState, State
from workers.vision.fusion import MachineState

pytestmark = pytest.mark.live

TOKEN = {"id": "token", "kind": "state", "states": ["VEHICLE", "PEDESTRIAN", "FREE"]}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    now = timezone.now().replace(microsecond=0)
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hill(cast: Cast, clock: time_machine.Traveller) -> Iterator[Place]:
    with mine_scope(cast.lamp_hill.mine.pk):
        yield cast.lamp_hill


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def say(hill: Place, state: str, seconds: float) -> Signal:
    return signal_receive(machine=hill.machine, state=state, at=ago(seconds))


def tell(hill: Place, value: str, seconds: float) -> Report:
    return report_receive(mine=hill.mine, key="token", value=value, at=ago(seconds))


def judged(hill: Place, machine: MachineState, seconds: float = 0, source: str = "signal") -> str:
    """Return a machine's state as a chunk of one second that began so long ago has it."""
    since, until = ago(seconds), ago(seconds - 1)
    for at, _key, state in signals_until(
        mine_id=hill.mine.pk, keys=[hill.machine.key], since=since, until=until
    ):
        machine.add_signal(at.timestamp(), state)
    return machine.fuse(source, until.timestamp(), None)[0]


def read(hill: Place, memory: InputState, seconds: float = 0) -> str | float | None:
    """Return a token's value as a chunk of one second that began so long ago has it."""
    return seen(hill, memory, seconds).value


def seen(hill: Place, memory: InputState, seconds: float = 0, **about: str) -> InputView:
    since, until = ago(seconds), ago(seconds - 1)
    for at, _key, value in reports_until(
        mine_id=hill.mine.pk, keys=["token"], since=since, until=until
    ):
        memory.add(at.timestamp(), value)
    scene = parse_scene({"version": 1, "inputs": [about or TOKEN]})
    return inputs(scene, State(inputs={"token": memory}), until.timestamp())["token"]


@pytest.mark.parametrize("moving", ["RUNNING", "STARTING", "COASTING"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["stopped first", "stopped last"])
@pytest.mark.parametrize("seconds", [0.5, 20], ids=["in one chunk", "before the chunk"])
def test_of_two_reports_of_one_second_the_one_that_moves_counts(
    hill: Place, moving: str, order: tuple[int, int], seconds: float
):
    say(hill, "RUNNING", 60)
    for which in order:
        say(hill, ("STOPPED", moving)[which], seconds)
    assert judged(hill, MachineState(), 1 if seconds < 1 else 5) == moving
    assert Signal.objects.filter(at=ago(seconds)).count() == 2


def test_a_second_report_of_one_second_counts_when_the_first_was_analysed_already(hill: Place):
    machine = MachineState()
    say(hill, "STOPPED", 10)
    assert judged(hill, machine, 10) == "STOPPED"
    say(hill, "RUNNING", 10)
    assert judged(hill, machine, 9) == "RUNNING"
    say(hill, "STOPPED", 10)  # the first once more
    assert judged(hill, machine, 8) == "RUNNING"
    say(hill, "STOPPED", 7.5)
    assert judged(hill, machine, 7) == "STOPPED"


def test_the_same_report_twice_stays_one_beside_another_of_its_second(hill: Place):
    for state in ("STOPPED", "RUNNING", "RUNNING", "STOPPED"):
        say(hill, state, 10)
    assert sorted(Signal.objects.values_list("state", flat=True)) == ["RUNNING", "STOPPED"]


def test_who_says_stopped_in_the_second_of_running_is_told_that_it_does_not_count(hill: Place):
    assert say(hill, "RUNNING", 10).note == ""
    assert "RUNNING" in say(hill, "STOPPED", 10).note
    assert say(hill, "STOPPED", 9).note == ""
    states = AuditEntry.objects.filter(action="signal.changed").order_by("pk")
    assert [row.detail["state"] for row in states] == ["RUNNING", "STOPPED"]
    assert datetime.fromisoformat(states[1].detail["at"]) == ago(9)


@pytest.mark.parametrize("seconds", [0.5, 20], ids=["in one chunk", "before the chunk"])
@pytest.mark.parametrize("order", list(permutations(["FREE", "VEHICLE"])))
def test_of_two_reports_of_an_input_in_one_second_the_last_received_counts(
    hill: Place, order: tuple[str, ...], seconds: float
):
    for value in order:
        tell(hill, value, seconds)
    assert read(hill, InputState(), 1 if seconds < 1 else 5) == order[-1]


def test_a_second_report_of_an_input_counts_when_the_first_was_analysed_already(hill: Place):
    memory = InputState()
    tell(hill, "FREE", 10)
    assert read(hill, memory, 10) == "FREE"
    tell(hill, "VEHICLE", 10)
    tell(hill, "VEHICLE", 10)
    assert read(hill, memory, 9) == "VEHICLE"
    assert Report.objects.count() == 2


HOUR = 3600.0


def test_a_sender_whose_clock_fell_back_makes_a_standing_machine_unknown(hill: Place):
    machine = MachineState()
    say(hill, "STOPPED", 30)
    assert judged(hill, machine, 5) == "STOPPED"
    note = say(hill, "RUNNING", HOUR).note
    assert "STOPPED" in note and "clock" in note
    assert judged(hill, machine, 4) == judged(hill, MachineState(), 4) == "UNKNOWN"
    assert "clock" in machine.why("signal")
    say(hill, "STOPPED", HOUR - 5)
    assert judged(hill, machine, 3) == "UNKNOWN", "it is still late"
    say(hill, "STOPPED", 2.5)
    assert judged(hill, machine, 2) == judged(hill, MachineState(), 2) == "STOPPED"


@pytest.mark.parametrize("state", ["STARTING", "RUNNING", "COASTING", "UNKNOWN"])
def test_whatever_is_not_stopped_makes_it_unknown_when_it_comes_late(hill: Place, state: str):
    say(hill, "STOPPED", 30)
    say(hill, state, 40)
    assert judged(hill, MachineState()) == "UNKNOWN"


def test_a_picture_of_a_standing_machine_does_not_outweigh_a_late_report_that_it_runs(hill: Place):
    machine = MachineState()
    machine.video.belief.state = "STOPPED"
    say(hill, "STOPPED", 30)
    assert judged(hill, machine, 5, "both") == "STOPPED"
    say(hill, "RUNNING", HOUR)
    assert judged(hill, machine, 4, "both") == "UNKNOWN"


def test_a_late_report_of_standing_stops_no_machine_and_its_sender_is_told(hill: Place):
    say(hill, "RUNNING", 30)
    assert "RUNNING" in say(hill, "STOPPED", HOUR).note
    assert judged(hill, MachineState()) == "RUNNING"
    [row] = AuditEntry.objects.filter(action="signal.late")
    assert (row.detail["state"], row.detail["newest"]) == ("STOPPED", "RUNNING")


def test_a_late_report_that_says_the_same_is_nothing_to_tell(hill: Place):
    say(hill, "RUNNING", 30)
    assert say(hill, "RUNNING", HOUR).note == ""
    assert not AuditEntry.objects.filter(action="signal.late").exists()


def test_an_old_report_sent_once_more_casts_no_doubt(hill: Place):
    say(hill, "RUNNING", 60)
    say(hill, "STOPPED", 30)
    assert say(hill, "RUNNING", 60).note == ""
    assert judged(hill, MachineState()) == "STOPPED"


def test_reports_that_overtook_each_other_by_seconds_cast_no_doubt(hill: Place):
    say(hill, "STOPPED", 10)
    assert say(hill, "RUNNING", 12).note == ""
    assert judged(hill, MachineState()) == "STOPPED"


def test_a_backlog_in_order_is_taken_as_it_comes(hill: Place):
    machine = MachineState()
    say(hill, "RUNNING", 600)
    assert judged(hill, machine, 300) == "RUNNING"
    for state, seconds in (("STOPPED", 200), ("RUNNING", 100), ("STOPPED", 50)):
        assert say(hill, state, seconds).note == ""
    assert judged(hill, machine) == judged(hill, MachineState()) == "STOPPED"


def test_a_sender_that_goes_on_by_a_wrong_clock_is_recorded_once(hill: Place):
    say(hill, "STOPPED", 30)
    notes = [say(hill, "RUNNING", HOUR - second).note for second in range(20)]
    assert all(notes)
    [row] = AuditEntry.objects.filter(action="signal.late")
    assert (row.detail["state"], row.detail["newest"]) == ("RUNNING", "STOPPED")
    assert Signal.objects.exclude(behind_at=None).count() == 1


def test_a_server_whose_clock_was_set_back_takes_what_is_reported_now(
    hill: Place, clock: time_machine.Traveller
):
    say(hill, "STOPPED", 0)
    clock.shift(timedelta(hours=-1))
    assert say(hill, "RUNNING", 5).note == ""
    assert judged(hill, MachineState()) == "RUNNING"


@pytest.mark.parametrize(("newest", "late"), [("FREE", "VEHICLE"), ("VEHICLE", "FREE")])
def test_an_input_is_unknown_after_a_late_report_that_says_otherwise(
    hill: Place, newest: str, late: str
):
    memory = InputState()
    tell(hill, newest, 30)
    assert read(hill, memory, 5) == newest
    assert newest in tell(hill, late, HOUR).note
    for one in (memory, InputState()):
        view = seen(hill, one, 4)
        assert (view.value, view.late) == (None, True)
    [row] = AuditEntry.objects.filter(action="input.late")
    assert (row.detail["value"], row.detail["newest"]) == (late, newest)
    tell(hill, late, 3.5)
    view = seen(hill, memory, 3)
    assert (view.value, view.late) == (late, False)


def test_an_input_that_is_told_the_same_late_or_an_old_report_again_stays_known(hill: Place):
    tell(hill, "VEHICLE", 60)
    tell(hill, "FREE", 30)
    notes = [tell(hill, value, at).note for value, at in (("VEHICLE", 60), ("FREE", HOUR))]
    assert notes == ["", ""]
    assert read(hill, InputState()) == "FREE"


def test_a_late_event_leaves_the_newest_as_it_is(hill: Place):
    tell(hill, "gas", 30)
    assert tell(hill, "smoke", HOUR).note != ""
    assert seen(hill, InputState(), 4, id="token", kind="event").value == "gas"


@pytest.mark.parametrize("late", ["smoke", "gas"])
def test_an_event_that_is_reported_late_is_handed_on_and_told_though_a_newer_one_was(
    hill: Place, late: str
):
    tell(hill, "gas", 30)
    memory, about = InputState(), {"id": "token", "kind": "event"}
    assert [one.value for one in seen(hill, memory, 29, **about).events] == ["gas"]
    tell(hill, late, 90)
    for at, _, value in events_late(mine_id=hill.mine.pk, keys=["token"], since=ago(4)):
        memory.add(at.timestamp(), value)
    events = seen(hill, memory, 4, **about).events
    assert [one.value for one in events] == ["gas", late]
    assert events[1].heard_s == ago(3).timestamp()
    assert len(seen(hill, memory, 3, **about).events) == 2


def test_an_event_is_handed_on_late_up_to_an_hour_and_only_soon_after_it_was_received(
    hill: Place, clock: time_machine.Traveller
):
    tell(hill, "pressed", HOUR + 10)
    tell(hill, "pressed", 1800)

    def late() -> int:
        return len(events_late(mine_id=hill.mine.pk, keys=["token", "other"], since=ago(1)))

    assert late() == 1
    clock.shift(timedelta(minutes=2))
    assert late() == 0


def test_who_reports_late_is_told_of_states_and_not_of_events_and_when_it_is_too_late(hill: Place):
    tell(hill, "FREE", 30)
    note = tell(hill, "VEHICLE", HOUR + 1).note
    assert "unknown until a newer report" in note and "dangerous" not in note
    assert "raises no alarm" in note


def test_who_reports_of_more_than_an_hour_ago_is_told_that_no_event_is_raised(hill: Place):
    assert tell(hill, "pressed", HOUR).note == ""
    note = report_receive(mine=hill.mine, key="bell", value="pressed", at=ago(HOUR + 1)).note
    assert "raises no alarm" in note and "clock" in note
