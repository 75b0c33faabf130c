"""The desk's verbs in a real browser: one key each, dialogs by keyboard, and nothing hidden.

The pages come from Django's own test server, which has no sockets: the desk works by polling.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from apps.alarms.escalation import escalations_due
from apps.cameras import selectors
from apps.cameras.models import Analysis, Camera, StreamState
from apps.cameras.services import camera_create
from apps.live.pulse import pulse
from apps.live.services import emit
from apps.notify.models import Delivery
from apps.notify.services import route_create
from apps.rules.services import scene_publish
from apps.tenancy.scope import mine_scope
from tests.browser.desk import moved, over, raised, row, watch_moves
from tests.cast import NOON, SCENE, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AHEAD = timedelta(minutes=10)  # analysed for as long as a test may take

Enter = Callable[..., Page]


def test_an_alarm_is_answered_called_about_and_reset_by_one_key_each(world: Cast, enter: Enter):
    alarm = raised(world)
    page = enter("chen")
    detail = page.locator("#detail")
    expect(detail).to_contain_text("Stop the machine, call the place")
    expect(detail).to_contain_text("this goes to: shift leader")
    expect(page.locator("#queue .item").first).to_have_attribute("aria-current", "true")

    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Note a call about")
    expect(dialog.get_by_label("Whom you called")).to_be_focused()
    page.keyboard.type("winch driver")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("This is needed.")
    page.keyboard.type("stops now")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(detail.locator(".steps")).to_contain_text("stops now")

    page.keyboard.press("a")
    expect(detail).to_contain_text("Answered by chen")
    over(world)
    expect(row(page, alarm)).to_contain_text("not yet reset", timeout=15_000)
    expect(page.locator("#queue-title")).to_have_text("0 to answer · 1 to reset")
    page.keyboard.press("r")
    page.get_by_role("dialog", name="Reset").get_by_label("What was found").fill("sent away")
    page.keyboard.press("Enter")
    expect(row(page, alarm)).to_have_count(0)
    expect(detail.locator(".steps")).to_contain_text("sent away")


def test_keys_that_are_turned_off_answer_nothing_until_they_are_turned_on(
    world: Cast, enter: Enter
):
    raised(world)
    page = enter("chen")
    detail = page.locator("#detail")
    expect(detail).to_contain_text("this goes to: shift leader")
    keys = page.get_by_role("button", name="Keys")
    expect(keys).to_have_text("Keys on")
    keys.click()
    expect(keys).to_have_text("Keys off: turn on")
    expect(detail.locator(".verbs kbd").first).to_be_hidden()
    page.reload()
    expect(keys).to_have_text("Keys off: turn on")
    expect(detail).to_contain_text("this goes to: shift leader")
    page.keyboard.press("f")
    page.keyboard.press("a")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(detail).not_to_contain_text("Answered by chen")
    keys.click()
    page.keyboard.press("a")
    expect(detail).to_contain_text("Answered by chen")


def test_a_false_alarm_has_a_reason_and_escape_leaves_everything_as_it_was(
    world: Cast, enter: Enter
):
    alarm = raised(world, severity="high")
    page = enter("chen")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, alarm)).to_contain_text("not answered")
    page.keyboard.press("f")
    page.get_by_label("Why it is false").fill("a coat on a hook")
    page.keyboard.press("Enter")
    expect(page.locator("#detail .facts")).to_contain_text("called a false alarm")
    expect(row(page, alarm)).to_contain_text("answered, still there")


def test_an_answer_to_what_became_worse_meanwhile_shows_it_as_it_is(world: Cast, enter: Enter):
    raised(world, level="warning", severity="medium")
    page = enter("chen", "/alarms/")
    # It does not hear of it. From the start: what is asked for already may be answered later.
    page.route("**/api/v1/events/**", lambda route: route.abort())
    page.goto("/desk/")
    detail = page.locator("#detail")
    fault = detail.locator(".actions").get_by_role("alert")
    expect(detail.locator(".severity")).to_have_text("medium")
    page.keyboard.press("f")
    page.get_by_label("Why it is false").fill("allowed here")
    raised(world, severity="critical", at=NOON + timedelta(seconds=20))
    page.keyboard.press("Enter")
    expect(fault).to_contain_text("It became worse, or happened again, after it was shown to you.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(detail.locator(".severity")).to_have_text("critical")
    expect(detail.locator(".steps")).to_contain_text("allowed here")
    raised(world, severity="critical", at=NOON + timedelta(seconds=90), situation="r1:2")
    over(world, situation="r1:2", after_s=95)
    raised(world, severity="critical", at=NOON + timedelta(seconds=99), situation="r1:3")
    page.keyboard.press("a")
    expect(detail.locator(".steps")).to_contain_text("Happened again")
    expect(fault).to_contain_text("It became worse, or happened again, after it was shown to you.")
    expect(detail).to_contain_text("not answered")
    page.keyboard.press("a")
    expect(detail).to_contain_text("Answered by chen")
    expect(fault).to_have_text("")


def test_on_a_phone_a_tap_on_an_alarm_brings_it_onto_the_screen(world: Cast, enter: Enter):
    raised(world)
    second = raised(world, severity="high", situation="r1:2")
    page = enter("chen")
    page.set_viewport_size({"width": 360, "height": 740})
    detail = page.locator("#detail")
    page.evaluate("scrollTo(0, 0)")
    expect(detail.get_by_role("button", name="Acknowledge")).not_to_be_in_viewport()
    row(page, second).click()
    expect(row(page, second).locator(".item")).to_have_attribute("aria-current", "true")
    expect(detail.get_by_role("heading").first).to_be_in_viewport()
    expect(detail.get_by_role("button", name="Acknowledge")).to_be_in_viewport()


def test_a_question_whose_button_is_gone_after_it_leaves_the_focus_on_the_page(
    world: Cast, enter: Enter
):
    raised(world, severity="high")
    page = enter("chen")
    page.locator(".verbs").get_by_role("button", name="False alarm").press("Enter")
    page.get_by_label("Why it is false").fill("a coat on a hook")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()


def test_a_critical_rule_is_shelved_by_two_and_stays_in_sight(world: Cast, enter: Enter):
    alarm = raised(world)
    page, second = enter("chen"), enter("ben")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog")).to_contain_text("once a second person agrees")
    page.get_by_label("Why it is shelved").fill("drum guard is welded")
    page.get_by_label("For how long").select_option("30")
    page.get_by_role("button", name="Save").press("Enter")
    shelf = page.locator("#shelf")
    expect(shelf).to_contain_text("waits for a second person")
    expect(shelf.get_by_role("button", name="Agree")).to_have_count(0)
    expect(row(page, alarm)).to_be_visible()

    agree = second.locator("#shelf").get_by_role("button", name="Agree")
    agree.press("Enter", timeout=15_000)
    expect(second.locator("#shelf")).to_contain_text("chen and ben: drum guard is welded")
    end = "End: Person at a running machine"
    expect(second.locator("#shelf").get_by_role("button", name=end)).to_be_focused()
    expect(shelf).to_contain_text("back ", timeout=15_000)
    expect(row(page, alarm)).to_have_count(0)
    expect(page.locator("#desk-pills")).to_contain_text("1 silent, back")
    shelf.get_by_role("button", name=end).press("Enter")
    expect(row(page, alarm)).to_contain_text("not answered")
    expect(page.locator("#shelf-title")).to_be_focused()  # nothing else is left there


def test_in_a_flood_lesser_alarms_fold_into_a_counter_and_high_ones_never(
    world: Cast, enter: Enter
):
    for n in range(12):
        raised(world, rule=f"f{n}", situation=f"f{n}:1", severity="low", rule_type="loitering")
    high = [raised(world, rule=f"h{n}", situation=f"h{n}:1", severity="high") for n in range(2)]
    page = enter("chen")
    expect(page.locator("#desk-flood")).to_contain_text("Flood since")
    expect(page.locator("#desk-pills")).to_contain_text("alarms in 10 min: 14, flood")
    for alarm in high:
        expect(row(page, alarm)).to_be_visible()
    expect(page.locator("#queue .item")).to_have_count(2)
    expect(page.locator("#queue-folded")).to_contain_text("12 lesser alarms folded: 12 low")
    page.get_by_role("button", name="Show them").press("Enter")
    expect(page.locator("#queue .item")).to_have_count(14)
    expect(page.locator("#queue-folded")).to_contain_text("12 lesser alarms in the queue: 12 low")


def test_a_route_that_reaches_nobody_stands_on_top_of_the_desk(
    world: Cast, enter: Enter, settings: Any
):
    settings.NOTIFY_PRIVATE = ["192.0.2.0/24"]
    mine = world.lamp_hill.mine
    with mine_scope(mine.pk):
        route, _secret = route_create(
            mine=mine, channel="webhook", name="Group chief", address="https://192.0.2.9/",
            actor=world.admin,
        )  # fmt: skip
    raised(world)
    page = enter("ben")
    banner = page.locator("#desk-calls")
    expect(page.locator("#desk-banner")).to_contain_text("polling", timeout=20_000)
    expect(banner).to_be_hidden()
    said = {"state": Delivery.State.FAILED, "said": "No answer.", "ended_at": timezone.now()}
    with mine_scope(mine.pk):
        Delivery.objects.filter(route=route).update(**said)
        emit(mine_id=mine.pk, kind="notify.given_up", payload={"route": route.pk})
    expect(banner).to_contain_text("“Group chief”, webhook", timeout=15_000)
    expect(banner).to_contain_text("Call by phone.")
    expect(banner.get_by_role("link")).to_have_attribute("href", re.compile(rf"/{mine.pk}/"))
    with mine_scope(mine.pk):
        Delivery.objects.filter(route=route).update(state=Delivery.State.SENT)
        emit(mine_id=mine.pk, kind="notify.restored", payload={"route": route.pk})
    expect(banner).to_be_hidden(timeout=15_000)


def test_a_server_whose_own_work_stands_still_is_told_though_the_line_lives(
    world: Cast, enter: Enter
):
    page = enter("ben")
    late, calm = page.locator("#desk-late"), page.locator("#detail .calm")
    expect(late).to_contain_text("alarms may not come", timeout=20_000)
    expect(late).to_contain_text("are not passed on")
    expect(late).to_contain_text("call whoever looks after the server")
    expect(calm).to_contain_text("alarms may not come")
    pulse("watch")
    pulse("notify")
    expect(late).not_to_contain_text("alarms may not come", timeout=15_000)
    expect(late).to_contain_text("are not passed on")
    for work in ("watch", "time", "notify"):
        pulse(work)
    expect(late).to_be_hidden(timeout=15_000)


def test_a_ladder_that_called_nobody_is_not_said_to_have_told_everybody(world: Cast, enter: Enter):
    alarm = raised(world)
    page = enter("chen")
    banner, detail = page.locator("#desk-calls"), page.locator("#detail")
    expect(page.locator("#desk-banner")).to_contain_text("polling", timeout=20_000)
    expect(banner).to_be_hidden()
    with mine_scope(world.lamp_hill.mine.pk):
        escalations_due(now=alarm.asked_at + timedelta(seconds=600))
    expect(banner).to_contain_text("for want of a route or a message: 1", timeout=15_000)
    expect(detail).to_contain_text("Passed on: 4×, and not every step called somebody.")
    expect(detail).not_to_contain_text("Everybody on the ladder has been told.")
    expect(detail.get_by_text("Noted only: no route takes this step")).to_have_count(4)


def test_nothing_on_the_page_moves_when_an_alarm_arrives(world: Cast, enter: Enter):
    first = raised(world, severity="low")
    page = enter("chen")
    expect(page.locator("#desk-banner")).to_contain_text("polling", timeout=20_000)
    expect(row(page, first)).to_be_visible()
    expect(page.locator("#desk-late")).to_be_visible()  # of no work is known when it was done
    expect(page.locator("#detail .steps time")).to_have_count(1)
    watch_moves(page)
    second = raised(world, rule="r2", situation="r2:1")
    expect(row(page, second)).to_be_visible(timeout=15_000)
    expect(page.locator("#desk-pills")).to_contain_text("alarms in 10 min: 2")
    page.evaluate("() => new Promise((done) => setTimeout(done, 700))")  # two of the page's ticks
    # A hundredth of what counts as good; a count that grows by a digit is below it.
    moves = moved(page)
    assert sum(move["by"] for move in moves) < 0.001, "\n".join(map(str, moves))


def test_the_wall_shows_only_cameras_that_have_something_to_say(
    world: Cast, enter: Enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(selectors, "AHEAD", AHEAD)
    with mine_scope(world.lamp_hill.mine.pk):
        for n in range(2, 9):
            camera = camera_create(
                area=world.lamp_hill.area, name=f"Winch house {n}", main_url="rtsp://10.0.0.9/b"
            )
            if n < 8:  # the last one has no rule
                scene_publish(camera=camera, document=SCENE, reason="as the first")
        now = timezone.now()
        for camera in Camera.objects.all():  # all of them see
            StreamState.objects.create(
                mine=camera.mine, camera=camera, stream=camera.analysed_stream,
                state=StreamState.State.RECORDING, since=now,
            )  # fmt: skip
            Analysis.objects.update_or_create(
                camera=camera, defaults={"mine": camera.mine, "analysed_until": now + AHEAD}
            )
    raised(world)
    page = enter("chen")
    expect(page.locator("#tiles .tile")).to_have_count(1)
    expect(page.locator("#tiles")).to_contain_text("Winch house 1")
    expect(page.locator("#wall-quiet")).to_contain_text("7 cameras have nothing to say")
    expect(page.locator("#desk-pills")).to_contain_text("7 of 7 protecting")
    expect(page.locator("#desk-pills")).to_contain_text("1 protecting nobody")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#tiles .tile")).to_have_count(8)


def test_an_urgent_alarm_brings_the_queue_to_its_top_and_j_to_what_asks(world: Cast, enter: Enter):
    for n in range(9):
        raised(world, rule=f"h{n}", situation=f"h{n}:1", severity="high")
    first = raised(world)
    page = enter("chen")
    expect(page).to_have_title("(10) Desk · Davy")
    page.keyboard.press("a")
    expect(row(page, first)).to_contain_text("answered, still there")
    page.keyboard.press("k")  # along the answered one's neighbours, to the end of the list
    page.keyboard.press("j")
    expect(row(page, first).get_by_role("button")).to_be_focused()
    expect(page).to_have_title("(9) Desk · Davy")
    new = raised(world, rule="r2", situation="r2:1")
    expect(row(page, new)).to_be_in_viewport(ratio=0.9, timeout=15_000)
    page.keyboard.press("j")
    expect(row(page, new).get_by_role("button")).to_be_focused()

    page.keyboard.press("a")
    expect(row(page, new)).to_contain_text("answered, still there")
    page.keyboard.press("j")
    expect(page.locator("#queue .item").first).to_be_focused()


def test_a_film_in_the_place_of_a_picture_says_of_when_it_is_and_that_nothing_is_missed(
    world: Cast, enter: Enter
):
    alarm = raised(world)
    with mine_scope(world.lamp_hill.mine.pk):
        alarm.clips.update(
            state="ready",
            starts_at=NOON - timedelta(seconds=9),
            ends_at=NOON + timedelta(seconds=9),
        )
    page = enter("chen", "/alarms/")
    page.route("**/play/", lambda route: None)  # nothing ever comes
    page.goto("/desk/")
    frame = page.locator("#detail .picture-frame")
    none = frame.get_by_text("No picture was kept")
    expect(none).to_be_visible()
    frame.locator("video").dispatch_event("playing")
    expect(none).to_be_hidden()
    expect(frame).to_contain_text(re.compile(r"Video around .*20:00:00.* ago"))
    frame.locator("video").dispatch_event("error")
    expect(none).to_be_visible()
    expect(frame.get_by_text("Video around")).to_be_hidden()


def test_a_key_right_after_a_question_is_left_is_heard(world: Cast, enter: Enter):
    raised(world)
    page = enter("chen")
    page.keyboard.press("c")
    expect(page.get_by_label("Whom you called")).to_be_focused()
    # Closed, and not yet gone: the browser tells of the end and moves the focus a moment later.
    page.evaluate("""() => {
        document.querySelector("dialog").close();
        const a = new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(a);
    }""")
    expect(page.locator("#detail")).to_contain_text("Answered by chen")


def test_a_new_alarm_is_read_out_in_an_open_question_and_a_dead_line_is_named(
    world: Cast, enter: Enter
):
    raised(world)
    page = enter("chen")
    dead = True

    def line(route: Route) -> None:
        if dead:
            route.abort()
        else:
            route.continue_()

    # From the start: a request right after the browser is told to hold them was seen to slip by.
    page.route("**/acknowledge/", line)
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="Note a call about")
    raised(world, rule="r2", situation="r2:1")
    expect(dialog).to_contain_text("New alarm, critical: ", timeout=15_000)
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    fault = page.locator("#detail .actions").get_by_role("alert")
    expect(fault).to_have_text("Not sent: The server was not reached. Try again.")
    dead = False
    page.keyboard.press("a")
    expect(page.locator("#detail")).to_contain_text("Answered by chen")
    expect(fault).to_have_text("")
