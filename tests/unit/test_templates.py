"""Templates: each makes a scene that can be put in force, and its procedure can be followed."""

import pytest
from hazard_kit import Film, person

from workers.scene import SceneError, parse_scene
from workers.templates import GROUPS, fill, read_template, templates

EMPTY = {"version": 1, "zones": [], "machines": [], "rules": []}
PROCEDURES = {name: one for name, one in templates().items() if one.group == "procedures"}


class Play:
    """A film of one procedure; the zones of the template are far enough apart to stand in one."""

    def __init__(self, name, **answers):
        self.film = Film(parse_scene(fill(templates()[name], EMPTY, answers=answers)), fps=2)
        self.machines: dict[str, str] = {}
        self.people: dict[str, int] = {}
        [self.rule] = self.film.where.rules

    def so(self, seconds=1.0, *, people=None, machines=None, **inputs):
        """Let something become so and last; machines and people stay as they are."""
        self.machines |= machines or {}
        self.people |= people or {}
        for name, value in inputs.items():
            self.film.tell(name.replace("_", "-"), str(value))
        there = [
            person(*self.middle(zone), track=10 * at + one)
            for at, (zone, count) in enumerate(self.people.items())
            for one in range(count)
        ]
        self.film.step_s = 5.0 if seconds > 300 else 0.5
        self.film.run(seconds, there, machines=self.machines)
        return self

    def middle(self, zone):
        shape = self.film.where.polygons[zone]
        return sum(x for x, _ in shape) / len(shape), sum(y for _, y in shape) / len(shape)

    def strip(self):
        return {s["id"]: s["state"] for s in self.shown["steps"]}

    @property
    def shown(self):
        return self.film.state.rules[self.rule.id].memory["shown"]

    def told(self):
        return [f.why for f in self.film.findings if f.state == "raised"]

    def wrong(self):
        return self.film.state.rules[self.rule.id].why


def winch_start(play):
    play.so(3, machines={"winch-1": "STOPPED"}, signal="STOP", inspection="DONE", warning="OFF")
    play.so(signal="START").so(3, people={"stand": 1}).so(4)
    play.so(6, warning="ON").so(2, machines={"winch-1": "RUNNING"})


def slope_pass(play):
    play.so(3, machines={"haulage-1": "RUNNING"}, request="NONE", token="VEHICLE")
    play.so(request="ASKED").so(4, machines={"haulage-1": "STOPPED"}).so(token="PEDESTRIAN")
    play.so(60, people={"slope": 2}).so(2, people={"slope": 0}).so(12, request="NONE")
    play.so(2, token="FREE")


def charge(play):
    play.so(3, gas_check="DUE", shot="SAFE", cards="NONE", blast_warning="OFF", guards=0, inside=4)
    play.so(gas_check="BEFORE_CHARGING").so(60, people={"face": 3}, shot="CHARGED")
    play.so(gas_check="BEFORE_FIRING").so(people={"face": 0}, inside=0)


def ready_to_fire(play):
    charge(play)
    play.so(6, people={"guard-post": 1}, guards=2).so(12).so(cards="FIRING")


def go_in(play):
    play.so(1, people={"face": 1}).so(1, people={"face": 2}).so(3, people={"face": 3})
    play.so(gas_check="AFTER_FIRING").so(shot="SAFE")


def blasting(play):
    ready_to_fire(play)
    play.so(6, blast_warning="ON").so(shot="FIRED").so(905)
    go_in(play)


def belt_lockout(play):
    play.so(2, machines={"conveyor-1": "RUNNING"}, work_permit="CLOSED", isolation="NONE",
            start_warning="OFF")  # fmt: skip
    play.so(work_permit="OPEN").so(4, machines={"conveyor-1": "STOPPED"}).so(isolation="LOCKED")
    play.so(isolation="PROVED").so(30, people={"belt": 2}).so(30, people={"belt": 0})
    play.so(30, people={"belt": 1}).so(2, people={"belt": 0}).so(12, work_permit="CLOSED")
    play.so(isolation="NONE").so(6, start_warning="ON").so(2, machines={"conveyor-1": "RUNNING"})


def pump_changeover(play):
    play.so(2, machines={"duty-pump": "RUNNING", "standby-pump": "STOPPED"}, order="NONE",
            pump_check="DUE")  # fmt: skip
    play.so(order="ORDERED").so(pump_check="DONE").so(62, machines={"standby-pump": "RUNNING"})
    play.so(5, machines={"duty-pump": "STOPPED"}).so(order="REPORTED")


def shift_handover(play):
    play.so(2, machines={"winch-1": "RUNNING"}, people={"stand": 1}, handover="NONE")
    play.so(handover="OPEN").so(4, machines={"winch-1": "STOPPED"}).so(32, people={"stand": 2})
    play.so(handover="SIGNED").so(7, people={"stand": 1})


FOLLOWED = {
    one.__name__: one
    for one in (winch_start, slope_pass, blasting, belt_lockout, pump_changeover, shift_handover)
}


@pytest.mark.parametrize("name", templates())
def test_a_template_as_it_is_makes_a_scene_that_can_be_put_in_force(name):
    scene = parse_scene(fill(templates()[name], EMPTY))
    assert scene.rules and not scene.unknown


def test_the_six_procedures_are_there_with_the_clauses_that_they_come_from():
    assert set(PROCEDURES) == set(FOLLOWED)
    for template in PROCEDURES.values():
        [rule] = parse_scene(fill(template, EMPTY)).rules
        assert rule.type == "procedure_sequence" and rule.clauses
        for clause in rule.clauses:
            assert set(clause["text"]) == {"en", "zh-hans"} and clause["summary"]
        assert all(step.actor for step in rule.params.steps)


@pytest.mark.parametrize("name", PROCEDURES)
def test_a_procedure_that_is_followed_to_its_end_raises_nothing(name):
    play = Play(name)
    FOLLOWED[name](play)
    assert play.told() == []
    assert play.shown["ended_t"] is not None
    assert set(play.strip().values()) <= {"done", "not_needed"}
    assert all(row["state"] == "kept" for row in play.shown["forbidden"])
    times = [row["t"] for row in play.shown["steps"] if "t" in row]
    assert times == sorted(times)


@pytest.mark.parametrize("name", PROCEDURES)
def test_a_procedure_that_was_followed_once_can_be_followed_again(name):
    play = Play(name)
    FOLLOWED[name](play)
    play.so(20)
    FOLLOWED[name](play)
    assert play.told() == []


def test_a_slope_gets_five_barriers_and_rules_in_metres_in_shadow_on_a_floor_to_be_measured():
    document = fill(templates()["inclined_haulage"], EMPTY, answers={"limit_m_s": 4})
    scene = parse_scene(document)
    assert scene.ground is not None
    barriers = [rule for rule in scene.rules if rule.type == "barrier_state"]
    assert len({rule.params.barrier for rule in barriers}) == 5
    [speed] = [rule for rule in scene.rules if rule.type == "vehicle_motion"]
    [crowd] = [rule for rule in scene.rules if rule.type == "occupancy"]
    assert (speed.mode, crowd.mode, speed.params.limit_m_s) == ("shadow", "shadow", 4)
    drawn = {"image": [[0.1, 0.9], [0.9, 0.9], [0.6, 0.3], [0.4, 0.3]]}
    drawn["metres"] = [[0, 0], [4, 0], [4, 30], [0, 30]]
    kept = fill(templates()["inclined_haulage"], {**EMPTY, "ground": drawn})
    assert kept["ground"] == drawn


def test_every_template_fits_beside_every_other_and_beside_itself():
    document = EMPTY
    for template in [*templates().values(), *templates().values()]:
        document = fill(template, document)
    scene = parse_scene(document)
    ids = [one.id for one in (*scene.machines, *scene.inputs)]
    assert len(set(ids)) == len(ids)
    assert len(scene.rules) == 2 * sum(len(one.parts["rules"]) for one in templates().values())


# What goes wrong in a blast.


def test_a_shot_without_guards_is_told_with_what_was_skipped():
    play = Play("blasting")
    charge(play)
    play.so(12).so(cards="FIRING").so(6, blast_warning="ON").so(shot="FIRED")
    assert play.told() == ["Guards on every approach: skipped"]
    assert play.strip()["fire"] == "done"


def test_one_approach_without_its_guard_is_not_guarded():
    play = Play("blasting", approaches=3)
    charge(play)
    play.so(6, people={"guard-post": 1}, guards=2).so(12).so(cards="FIRING")
    play.so(6, blast_warning="ON").so(shot="FIRED")
    assert play.told() == ["Guards on every approach: skipped"]


def test_a_shot_too_soon_after_the_warning_is_early():
    play = Play("blasting")
    ready_to_fire(play)
    play.so(3, blast_warning="ON").so(shot="FIRED")
    assert play.told() == ["Shot: early"]


def test_somebody_in_the_area_before_the_shot_is_forbidden():
    play = Play("blasting")
    ready_to_fire(play)
    play.so(2, people={"face": 1})
    assert play.told() == ["forbidden now: Somebody in the blasting area"]


def test_a_guard_who_leaves_is_told():
    play = Play("blasting")
    ready_to_fire(play)
    play.so(12, people={"guard-post": 0})
    assert play.told() == ["forbidden now: Guard's post empty"]


def test_two_people_are_too_few_to_go_in_first():
    play = Play("blasting")
    ready_to_fire(play)
    play.so(6, blast_warning="ON").so(shot="FIRED").so(905).so(35, people={"face": 2})
    assert play.told() == ["First three go in: too few people"]


@pytest.mark.parametrize(("wait_s", "detonators_s"), [(905, 900), (305, 300)])
def test_after_a_misfire_the_wait_is_as_long_as_the_detonators_ask_for(wait_s, detonators_s):
    play = Play("blasting", misfire_wait_s=detonators_s)
    ready_to_fire(play)
    play.so(6, blast_warning="ON").so(shot="MISFIRE").so(wait_s)
    go_in(play)
    assert play.told() == []
    assert play.strip()["smoke"] == "not_needed"


def test_going_in_before_the_wait_after_a_misfire_is_over_is_told():
    play = Play("blasting")
    ready_to_fire(play)
    play.so(6, blast_warning="ON").so(shot="MISFIRE").so(600).so(4, people={"face": 3})
    assert play.told() == ["forbidden now: Somebody in the blasting area"]
    assert play.strip()["misfire"] == "now"


def test_a_blast_that_is_called_off_is_no_alarm_and_after_the_shot_none_is_called_off():
    play = Play("blasting")
    charge(play)
    play.so(2, shot="SAFE")
    assert play.told() == []
    assert play.shown["ended_t"] is not None and play.strip()["fire"] == "called_off"
    play = Play("blasting")
    ready_to_fire(play)
    play.so(6, blast_warning="ON").so(shot="FIRED").so(10, shot="SAFE")
    assert "Wait for the smoke: skipped" in play.told()[0]


# What goes wrong elsewhere.


def test_a_winch_that_starts_without_its_signal_skips_it_but_not_what_is_so():
    play = Play("winch_start")
    play.so(3, machines={"winch-1": "STOPPED"}, signal="STOP", inspection="DONE", warning="OFF")
    play.so(5, people={"stand": 1}).so(2, machines={"winch-1": "RUNNING"})
    assert play.told() == ["Start signal: skipped, Warning before the start: skipped"]
    assert play.strip()["inspection"] == "done"


def test_somebody_who_enters_between_the_warning_and_the_start_is_told():
    play = Play("winch_start")
    play.so(3, machines={"winch-1": "STOPPED"}, signal="STOP", inspection="DONE", warning="OFF")
    play.so(signal="START").so(3, people={"stand": 1}).so(4).so(2, warning="ON")
    play.so(1, people={"danger": 1})
    assert play.told() == ["forbidden now: Somebody in the danger area"]


def test_people_on_the_slope_without_a_pass_are_told_and_so_is_haulage_of_unknown_state():
    play = Play("slope_pass")
    play.so(3, machines={"haulage-1": "STOPPED"}, request="NONE", token="FREE")
    play.so(3, people={"slope": 1})
    assert play.told() == ["Pass asked for: skipped, Pass granted: skipped"]
    play = Play("slope_pass")
    play.so(3, machines={"haulage-1": "STOPPED"}, request="NONE", token="FREE")
    play.so(request="ASKED").so(4).so(token="PEDESTRIAN").so(3, people={"slope": 1})
    play.so(2, machines={"haulage-1": "UNKNOWN"})
    assert play.told() == ["forbidden now: Haulage may run"]


def test_a_lock_that_is_removed_while_people_work_is_told():
    play = Play("belt_lockout")
    play.so(2, machines={"conveyor-1": "STOPPED"}, work_permit="CLOSED", isolation="NONE",
            start_warning="OFF")  # fmt: skip
    play.so(work_permit="OPEN").so(4).so(isolation="LOCKED").so(isolation="PROVED")
    play.so(10, people={"belt": 1}).so(isolation="NONE")
    assert play.told() == ["Belt empty, permit closed: skipped"]


def test_pumps_that_both_stand_are_told():
    play = Play("pump_changeover")
    play.so(2, machines={"duty-pump": "RUNNING", "standby-pump": "STOPPED"}, order="NONE",
            pump_check="DUE")  # fmt: skip
    play.so(order="ORDERED").so(8, machines={"duty-pump": "STOPPED"})
    assert "forbidden now: Both pumps may stand" in play.wrong()


def test_a_stand_that_is_empty_in_a_hand_over_is_told():
    play = Play("shift_handover")
    play.so(2, machines={"winch-1": "STOPPED"}, people={"stand": 1}, handover="NONE")
    play.so(handover="OPEN").so(4).so(12, people={"stand": 0})
    assert play.told() == ["forbidden now: Stand empty"]


def test_a_blind_camera_makes_no_step_skipped_but_not_visible():
    play = Play("winch_start")
    play.so(3, machines={"winch-1": "STOPPED"}, signal="STOP", inspection="DONE", warning="OFF")
    play.so(signal="START")
    play.film.run(5, machines=play.machines, faults=("blocked",))
    assert play.strip()["driver"] == "unseen"
    play.so(6, people={"danger": 1}, warning="ON").so(1, machines={"winch-1": "RUNNING"})
    assert play.strip()["driver"] == "unseen"
    assert "Driver at the stand: not visible" in play.told()[0]


# Putting templates into a scene.


def test_a_second_winch_becomes_winch_2_and_its_rules_name_its_own_things():
    winch = templates()["winch_start"]
    scene = parse_scene(fill(winch, fill(winch, EMPTY)))
    assert [m.id for m in scene.machines] == ["winch-1", "winch-2"]
    steps = scene.rules[1].params.steps
    assert [need.name for step in steps for need in step.needs] == [
        "signal-2", "inspection-2", "stand-2", "danger-2", "warning-2", "winch-2",
    ]  # fmt: skip


def test_a_procedure_takes_the_machine_and_the_zone_that_are_there():
    first = fill(templates()["winch_start"], EMPTY)
    names = {"@winch-1": "winch-1", "@stand": "stand"}
    scene = parse_scene(fill(templates()["shift_handover"], first, names=names))
    assert [m.id for m in scene.machines] == ["winch-1"]
    assert [z.id for z in scene.zones] == ["stand", "danger"]
    assert scene.rules[1].params.steps[1].needs[0].name == "winch-1"


def test_a_machine_is_called_as_its_controller_calls_it():
    document = fill(templates()["winch_start"], EMPTY, names={"@winch-1": "SH-04 hoist"})
    assert parse_scene(document).rules[0].params.steps[-1].needs[0].name == "SH-04 hoist"


def test_what_is_in_the_scene_already_stays_untouched():
    before = fill(templates()["slope_pass"], {**EMPTY, "ground": None, "analysis_fps": 3})
    after = fill(templates()["blasting"], before)
    assert after["analysis_fps"] == 3
    for key in ("zones", "machines", "inputs", "rules"):
        assert after[key][: len(before[key])] == before[key]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"answers": {"misfire_wait_s": 60}}, "answers.misfire_wait_s"),
        ({"answers": {"colour": "red"}}, "answers.colour"),
        ({"names": {"@nothing": "x"}}, "names.@nothing"),
        ({"names": {"@face": " "}}, "names.@face.id"),
        ({"names": {"@shot": "taken"}}, "names.@shot"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_with_its_name(given, path):
    document = {**EMPTY, "machines": [{"id": "taken", "source": "signal"}]}
    with pytest.raises(SceneError) as caught:
        fill(templates()["blasting"], document, **given)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "text",
    [
        "title = 3",
        'title = "t"\nabout = "a"\n[[zones]]\nid = "@a"\n[[rules]]\nid = "@r"\nzone = "@b"',
        'title = "t"\nabout = "a"\n[[zones]]\nid = "@a"\nname = "{who}"',
        'title = "t"\nabout = "a"\n[[asks]]\nkey = "x"\nkind = "poem"\nlabel = "X"\ndefault = ""',
        'title = "t"\nabout = "a"\n[[clauses]]\nclause = "1"',
    ],
)
def test_a_file_that_contradicts_itself_is_no_template(text):
    with pytest.raises(SceneError):
        read_template(text, "broken", GROUPS[0])
