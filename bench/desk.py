"""A full desk: 30 cameras, 200 open and 10,000 past alarms, three browsers and 47 more clients.

Only the services and the web process run: the desk is measured, not the analysis.
`make bench ARGS="desk --soak 900"` goes on for as many seconds with two alarms a second, and with
`--alone` it does only that, on one desk.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from infra.client import Client, ClientError
from infra.command import ROOT
from infra.install import BROWSERS
from infra.stack import Stack
from infra.state import read_logins, state_folder

CAMERAS, OPEN, PAST = 30, 200, 10_000
QUARTER, SHIFT = timedelta(days=90), timedelta(hours=8)
BROWSERS_OPEN, DESKS = 3, 50
SAMPLES = 20
# So many are a flood, in which lesser ones fold into a counter; these never do.
SEVERITIES = ("critical", "high")

# Notes when an alarm's row is there and painted, in Unix milliseconds.
WATCH = """() => {
  window.painted = {};
  const note = (key) => requestAnimationFrame(() => setTimeout(() => {
    window.painted[key] ??= performance.timeOrigin + performance.now();
  }));
  new MutationObserver(() => {
    for (const row of document.querySelectorAll("#queue li[data-alarm]")) {
      const id = row.dataset.alarm;
      if (!window.painted[id]) note(id);
      const answered = row.querySelector(".answered") && `${id} answered`;
      if (answered && !window.painted[answered]) note(answered);
    }
  }).observe(document.querySelector("#queue"), {
    childList: true, subtree: true, attributes: true, attributeFilter: ["class"],
  });
}"""
PAINT = """async () => {
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  while (!painted()) await new Promise((done) => setTimeout(done, 20));
  const first = painted();
  return {first_paint_ms: first?.startTime, rows: document.querySelectorAll("#queue li").length};
}"""


def say(line: object) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Measure; print one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench desk")
    parser.add_argument("--soak", type=float, default=0.0, help="seconds")
    parser.add_argument("--alone", action="store_true", help="only the soak, on one desk")
    options = parser.parse_args(sys.argv[2:])
    folder = state_folder(ROOT / "var" / "bench-desk")
    shutil.rmtree(folder)
    stack = Stack(folder, os.environ, say, only=("web",))
    try:
        stack.start()
        os.environ.update(stack.env)
        print(json.dumps(_measure(stack, options.soak, options.alone)), flush=True)
    finally:
        stack.stop()


def _measure(stack: Stack, soak_s: float, alone: bool) -> dict[str, Any]:
    import django

    django.setup()
    # Django stands in a thread of its own: playwright's has an event loop.
    with ThreadPoolExecutor(1) as django_thread, sync_playwright() as playwright:
        mine = Mine()
        django_thread.submit(mine.fill).result()
        program = next(path for name in BROWSERS if (path := shutil.which(name)))
        flags = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
        say("the mine is full")
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        pages = [_desk(browser, stack) for _ in range(1 if alone else BROWSERS_OPEN)]
        if alone:
            pages[0].goto("/desk/")
            soak = _soak(pages[0], mine, django_thread, soak_s)
            browser.close()
            return {"bench": "desk", "soak": soak}
        paints = [_paint(pages[0]) for _ in range(5)]
        for page in pages:
            page.goto("/desk/")
            page.wait_for_function("() => document.body.dataset.line === 'live'", timeout=120_000)
            page.evaluate(WATCH)
        say(f"load {os.getloadavg()[0]:.0f}, first paints {paints}")
        others = Others(stack)
        shown, answered, heard = [], [], []
        for _ in range(SAMPLES):
            alarm, committed_ms = django_thread.submit(mine.raise_one).result()
            seen = [_painted(page, str(alarm)) for page in pages]
            shown.append([at - committed_ms for at in seen])
            heard.extend(at - committed_ms for at in others.heard(alarm))
            say(f"alarm {alarm}: pixels {shown[-1]}, clients {len(others.heard(alarm))}")
            done_ms = django_thread.submit(mine.answer, alarm).result()
            answered.append([_painted(page, f"{alarm} answered") - done_ms for page in pages])
        result = {
            "bench": "desk",
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "cameras": CAMERAS,
            "open": OPEN,
            "past": PAST,
            "desks": DESKS,
            "first_paint_ms": _spread([one["first_paint_ms"] for one in paints]),
            "rows": paints[0]["rows"],
            "commit_to_pixel_ms": _spread([at for row in shown for at in row]),
            "three_desks_agree_after_ms": _spread([max(row) for row in shown + answered]),
            "commit_to_client_ms": _spread(heard),
            "clients_that_heard": len(heard) / SAMPLES,
        }
        if soak_s:
            result["soak"] = _soak(pages[0], mine, django_thread, soak_s)
        browser.close()
        return result


def _desk(browser: Browser, stack: Stack) -> Page:
    size = {"width": 1366, "height": 768}
    page = browser.new_context(base_url=stack.base_url, viewport=size).new_page()
    page.set_default_timeout(120_000)
    username, password = _login(stack)
    page.goto("/login/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    return page


def _login(stack: Stack) -> tuple[str, str]:
    rows = read_logins(stack.logins_file)
    login = next(row for row in rows if row["role"] == "operator")
    return login["username"], login["password"]


def _paint(page: Page) -> dict[str, Any]:
    page.goto("/desk/")
    page.wait_for_function("() => document.querySelectorAll('#queue li').length > 10")
    return dict(page.evaluate(PAINT))


def _painted(page: Page, key: str) -> float:
    page.wait_for_function("key => key in window.painted", arg=key, timeout=120_000, polling=20)
    return float(page.evaluate("key => window.painted[key]", key))


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered)),
        "p95": round(ordered[max(0, round(0.95 * len(ordered)) - 1)]),
        "max": round(ordered[-1]),
    }


def _soak(
    page: Page, mine: "Mine", thread: ThreadPoolExecutor, seconds: float
) -> list[dict[str, float]]:
    """Raise two alarms a second and end as many; note the browser's memory once a minute."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("Memory.getDOMCounters")
    notes: list[dict[str, float]] = []
    began = time.monotonic()
    noted = -60.0
    while (spent := time.monotonic() - began) < seconds:
        thread.submit(mine.turn).result()
        if spent - noted >= 60:
            noted = spent
            session.send("HeapProfiler.collectGarbage")
            heap = session.send("Runtime.getHeapUsage")["usedSize"]
            nodes = session.send("Memory.getDOMCounters")["nodes"]
            rows = page.locator("#queue li").count()
            notes.append(
                {"s": round(spent), "heap_mb": round(heap / 1e6, 1), "nodes": nodes, "rows": rows}
            )
            say(notes[-1])
        page.wait_for_timeout(max(0, 500 - 1000 * (time.monotonic() - began - spent)))
    return notes


class Mine:
    """The demo's Lamp Hill with more cameras, and what happens there."""

    def __init__(self) -> None:
        self.number = 0
        self.open: list[tuple[Any, str]] = []

    def fill(self) -> None:
        """Add cameras, past alarms and open ones."""
        from django.db.models import F
        from django.utils import timezone

        from apps.accounts.models import User
        from apps.alarms.models import Alarm
        from apps.cameras.models import Camera
        from apps.cameras.services import camera_create
        from apps.mines.models import Area
        from apps.mines.models import Mine as Row
        from apps.tenancy.scope import mine_scope, system_scope

        with system_scope("the bench fills a mine"):
            row = Row.objects.get(name="Lamp Hill")
            area = Area.objects.filter(mine=row).first()
            self.actor = User.objects.get(username="operator")
        self.row = row
        self.scope: Callable[[], Any] = lambda: mine_scope(row.pk)
        with self.scope():
            have = list(Camera.objects.filter(mine=row))
            more = [
                camera_create(area=area, name=f"Camera {n}", main_url=f"rtsp://127.0.0.1:9/{n}")
                for n in range(CAMERAS - len(have))
            ]
            self.cameras = have + more
            now = timezone.now()
            past = [
                self._row(n, f"past-{n % 9}", now - QUARTER * (n + 1) / PAST, Alarm.State.CLOSED)
                for n in range(PAST)
            ]
            Alarm.objects.bulk_create(past, batch_size=1000)
            opened = [
                self._row(n, f"open-{n}", now - SHIFT * (n + 1) / OPEN, Alarm.State.UNACKNOWLEDGED)
                for n in range(OPEN)
            ]
            self.open = [(row, row.rule) for row in Alarm.objects.bulk_create(opened)]
            # The row notes by itself when it was written: put that back to when it happened.
            Alarm.objects.filter(mine=row).update(committed_at=F("raised_at"))

    def _row(self, n: int, rule: str, now: datetime, state: str) -> Any:
        from apps.alarms.models import Alarm

        return Alarm(
            mine=self.row, camera=self.cameras[n % CAMERAS], rule=rule, rule_type="loitering",
            situation=f"{rule}:1", state=state, level="stay", severity=SEVERITIES[n % 2],
            why="1 person stays in danger", raised_at=now, last_seen_at=now, asked_at=now,
            cleared_at=now if state == Alarm.State.CLOSED else None, scene_version=1, picture={},
            values={"zone": "danger"},
        )  # fmt: skip

    def raise_one(self) -> tuple[int, float]:
        """Raise an alarm; return it and when it was committed, in Unix milliseconds."""
        from django.db import transaction
        from django.utils import timezone

        from apps.alarms.services import alarm_raise

        self.number += 1
        n = self.number
        camera, rule = self.cameras[n % CAMERAS], f"bench-{n}"
        committed: list[float] = []
        with self.scope(), transaction.atomic():
            transaction.on_commit(lambda: committed.append(time.time() * 1000))
            alarm = alarm_raise(
                camera=camera, rule=rule, rule_type="loitering", situation=f"{rule}:1",
                level="stay", severity=SEVERITIES[n % 2], at=timezone.now(),
                why="1 person stays in danger", values={"zone": "danger"},
                boxes=[[0.5, 0.4, 0.6, 0.8]], zone=[[0.4, 0.3], [0.8, 0.3], [0.8, 0.9]],
                scene_version=1,
            )  # fmt: skip
        self.open.append((alarm, rule))
        return alarm.pk, committed[0]

    def answer(self, pk: int) -> float:
        """Answer an alarm; return when that was committed, in Unix milliseconds."""
        from apps.alarms.answers import alarm_acknowledge
        from apps.alarms.models import Alarm

        with self.scope():
            alarm_acknowledge(alarm=Alarm.objects.get(pk=pk), actor=self.actor, desk="bench")
        return time.time() * 1000

    def turn(self) -> None:
        """One alarm comes, the oldest one is answered and over."""
        from django.utils import timezone

        from apps.alarms.answers import alarm_reset
        from apps.alarms.services import alarm_clear

        self.raise_one()
        alarm, rule = self.open.pop(0)
        self.answer(alarm.pk)
        with self.scope():
            alarm_clear(camera=alarm.camera, rule=rule, situation=f"{rule}:1", at=timezone.now())
            alarm.refresh_from_db()
            if alarm.state == "latched":
                alarm_reset(alarm=alarm, actor=self.actor, finding="bench")


class Others:
    """The clients that are no browser: each listens on a socket of its own."""

    def __init__(self, stack: Stack) -> None:
        self._heard: dict[int, list[float]] = {}
        self._new = threading.Condition()
        self.count = DESKS - BROWSERS_OPEN
        client = Client(stack.base_url)
        client.login(*_login(stack))
        cursor = client.get("/api/v1/desk/")["cursor"]
        for _ in range(self.count):
            threading.Thread(target=self._listen, args=(client, cursor), daemon=True).start()
        time.sleep(5)  # all of them are connected

    def _listen(self, client: Client, cursor: int) -> None:
        with contextlib.suppress(ClientError):  # the end of the bench
            for heard in client.events(cursor, timeout_s=36_000):
                if heard is not None and heard.event["kind"] == "alarm.raised":
                    with self._new:
                        alarm = heard.event["payload"]["id"]
                        self._heard.setdefault(alarm, []).append(heard.at_s * 1000)
                        self._new.notify_all()

    def heard(self, alarm: int) -> list[float]:
        """Return when each heard of an alarm, after waiting for all of them for 3 s."""
        with self._new:
            self._new.wait_for(lambda: len(self._heard.get(alarm, [])) >= self.count, timeout=3)
            return list(self._heard.get(alarm, []))


if __name__ == "__main__":
    main()
