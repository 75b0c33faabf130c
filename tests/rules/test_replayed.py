"""What a replay lists of a rule's findings."""

from datetime import UTC, datetime

from apps.rules.replay import Fold
from tests.unit.hazard_kit import SQUARE, Film, person, scene

BEGIN, END = (datetime.fromtimestamp(t, UTC) for t in (0, 60))


class Eyeless:
    name, input_px = "none", 640

    def detect(self, pictures):
        return [[] for _ in pictures]


def test_a_danger_that_rises_again_is_listed_again_and_one_that_only_grows_is_not():
    near = [[0.2, 0.45], [0.8, 0.45], [0.8, 0.99], [0.2, 0.99]]
    zones = [{"id": "danger", "polygon": SQUARE}, {"id": "near", "polygon": near}]
    where = scene(
        "proximity_while_running", params={"warning_zone": "near"}, zones=zones,
        rule={"zone": "danger", "machine": "w"}, machines=[{"id": "w", "source": "signal"}],
    )  # fmt: skip
    film = Film(where)
    for x in (0.3, 0.5, 0.3, 0.5):
        film.run(5, [person(x)], machines={"w": "RUNNING"})
    fold = Fold(where, timezone="UTC", since=BEGIN, until=END, detector=Eyeless())
    listed = list(fold._new(film.findings))
    assert [(one.level, one.t < 10) for one in listed] == [("warning", True), ("danger", False)]
