"""Last time's figures and this time's: what is told as a fall, and what is not."""

import math

import pytest

from workers.accuracy import baseline, figures, report
from workers.accuracy.figures import Figure


def figure(name, value, better="more", step=1.0):
    return Figure(name, value, "%", 100, "entries", 0, 100, better, step)


def test_a_fall_beyond_the_noise_is_told_and_less_is_not(tmp_path):
    path = tmp_path / "baseline.json"
    old = [figure("a/recall", 95), figure("a/delay", 0.4, "less", 0.2), figure("real/x", 50)]
    again = [[figure("a/recall", 93), figure("a/delay", 0.4, "less"), figure("real/x", 51)]]
    baseline.write(old, baseline.noise_of(old, again), "net", path)
    before = baseline.read(path)
    assert before["a/recall"]["noise"] == 2
    same = [figure("a/recall", 93), figure("a/delay", 0.55, "less"), figure("real/x", 60)]
    assert baseline.compare(before, same) == []
    worse = [figure("a/recall", 92.5), figure("a/delay", 0.7, "less")]
    falls = baseline.compare(before, worse, absent=["real"])
    assert [fall.name for fall in falls] == ["a/recall", "a/delay"]
    assert "a/recall fell from 95.00 to 92.50" in falls[0].words()
    [gone] = baseline.compare(before, same[:2])
    assert gone.words() == "real/x fell from 50.00, no longer measured"


def test_a_film_that_the_noise_was_measured_by_is_no_fall_for_the_digits_that_are_kept(tmp_path):
    path = tmp_path / "baseline.json"
    first, other = figure("a/AP50", 34.5536), figure("a/AP50", 30.6232)
    baseline.write([first], baseline.noise_of([first], [[other]]), "net", path)
    assert baseline.compare(baseline.read(path), [other]) == []
    [fall] = baseline.compare(baseline.read(path), [figure("a/AP50", 30.62)])
    assert fall.name == "a/AP50"


def kept(tmp_path, *figures, noise=0.0, clips=()):
    path = tmp_path / "baseline.json"
    baseline.write(figures, {one.name: noise for one in figures}, "net", path, clips)
    return path


def test_a_figure_that_is_counted_over_less_than_last_time_is_a_fall(tmp_path):
    before = baseline.read(kept(tmp_path, figures.share("a/recall", 20, 20, "entries")))
    [fall] = baseline.compare(before, [figures.share("a/recall", 2, 2, "entries")])
    assert fall.words() == "a/recall is of 2 entries, it was of 20"
    assert baseline.compare(before, [figures.share("a/recall", 21, 21, "entries")]) == []


def test_fewer_false_alarms_are_no_fall(tmp_path):
    before = baseline.read(kept(tmp_path, figures.share("a/true", 4, 5, "alarms", asked=False)))
    assert baseline.compare(before, [figures.share("a/true", 4, 4, "alarms", asked=False)]) == []


@pytest.mark.parametrize("better", ["more", "less"])
def test_what_is_not_a_number_is_a_fall(tmp_path, better):
    before = baseline.read(kept(tmp_path, figure("a/error", 50, better)))
    assert baseline.compare(before, [figure("a/error", math.nan, better)])


def test_a_clip_that_is_gone_is_a_fall_and_a_new_figure_is_none(tmp_path):
    path = kept(tmp_path, figure("a/recall", 95), clips=["gate", "shaft"])
    [fall] = baseline.vanished(baseline.clips(path), ["gate", "pit"])
    assert fall.words() == "shaft was measured last time, and is no longer"
    now = [figure("a/recall", 95), figure("b/recall", 10)]
    assert baseline.compare(baseline.read(path), now) == []


def test_a_figure_that_not_every_film_of_the_same_scenes_has_is_not_kept(tmp_path):
    ends = figures.share("a/cleared in time", 1, 1, "endings", asked=False)
    recall = figures.share("a/recall", 20, 20, "entries")
    path = tmp_path / "baseline.json"
    baseline.write([ends, recall], baseline.noise_of([ends, recall], [[recall]]), "net", path)
    assert list(baseline.read(path)) == ["a/recall"]
    # A network that no other backend runs has no film in whole floats.
    assert "a/cleared in time" in baseline.noise_of([ends, recall], [[ends, recall], []])


def test_a_share_that_noise_alone_may_take_to_nothing_is_told_as_too_few_to_compare():
    few, enough = figure("x/y/few/found", 900 / 31), figure("x/y/enough/found", 900 / 31)
    noise = {few.name: 29.032, enough.name: 20.0}  # as the baseline keeps it
    page = report.markdown(report.Page([few, enough], noise, [], [], []))
    [row] = [line for line in page.splitlines() if "too few to compare |" in line]
    assert row.startswith("| few, found")
