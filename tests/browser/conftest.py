"""A real browser at a running stack; the fixture `stack` is in tests/stack.py."""

import json
import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from infra.embedded import rtsp
from tests.browser import api
from tests.stack import Demo

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
OURS = {"127.0.0.1", "localhost", ""}


def leaves(url: str, server: str) -> bool:
    """Whether a request goes to another machine than the mine's own server."""
    parts = urlsplit(url)
    own = OURS | {urlsplit(server).hostname}
    return parts.scheme in ("http", "https", "ws", "wss") and (parts.hostname or "") not in own


class Chromium:
    """A browser that is started again where it died by itself, which is seldom but was seen.

    What was open is lost: only who opens a first page (`first`) tries once more, with a warning
    that pytest shows. A page of ours that kills a browser does so twice and is found.
    """

    def __init__(self, launch: Callable[[], Browser]) -> None:
        self._launch = launch
        self._browser = launch()

    def new_context(self, **options: Any) -> BrowserContext:
        """Open a window's worth of cookies, in a new browser where the last one is gone."""
        if not self._browser.is_connected():
            warnings.warn("chromium had died and was started again", stacklevel=2)
            self._browser = self._launch()
        return self._browser.new_context(**options)

    def first(self, visit: Callable[[], Page]) -> Page:
        """Open a first page; once more where the browser or its window went away meanwhile."""
        try:
            return visit()
        except Error as error:
            if "has been closed" not in error.message:
                raise
            warnings.warn(f"a first page was opened again: {error.message}", stacklevel=2)
            return visit()

    def close(self) -> None:
        """End it."""
        self._browser.close()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Debian's chromium; without one these tests are skipped, and say so."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = Chromium(lambda: playwright.chromium.launch(executable_path=program, args=FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """The browser of the tests that need the whole running demo."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def winches(stack: Demo) -> Iterator[None]:
    """Three more cameras on the demo's winch, each ten seconds on in its loop of forty.

    So whoever waits for somebody in the danger zone waits ten seconds at most, not forty.
    """
    admin = stack.client("admin")
    known = {row["name"]: row for row in admin.rows("/api/v1/cameras/?page_size=200")}
    first, ours = known["Winch house 1"], []
    scene = json.loads((rtsp.LOOPS / "winch-house" / "scene.json").read_text())
    for phase_s in (10, 20, 30):
        name = f"Winch at {phase_s} s"
        urls = {key: f"{first[key]}?phase={phase_s}" for key in ("main_url", "sub_url")}
        body = {"area": first["area"], "name": name, **urls}
        camera = (known.get(name) or admin.post("/api/v1/cameras/", body))["id"]
        admin.send("PUT", f"/api/v1/cameras/{camera}/scene/", {"document": scene})
        admin.send("PATCH", f"/api/v1/cameras/{camera}/", {"enabled": True})
        ours.append(camera)
    yield
    for camera in ours:
        admin.send("PATCH", f"/api/v1/cameras/{camera}/", {"enabled": False})


@pytest.fixture
def sign_in(browser: Chromium, stack: Any) -> Iterator[Callable[..., Page]]:
    """Return a function that signs a role in and gives its page.

    At the end it holds for every page: no script failed, nothing broke the content security
    policy, and no request left this machine.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def heard(text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            faults.append(text)

    def asked(url: str) -> None:
        if leaves(url, stack.url):
            faults.append(f"a request left the machine: {url}")

    def visit(role: str, **options: Any) -> Page:
        context = browser.new_context(
            base_url=stack.url, viewport={"width": 1366, "height": 768}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"script failed: {error}"))
        page.on("console", lambda message: heard(message.text))
        page.on("request", lambda request: asked(request.url))
        username, password = stack.logins[role]
        page.goto("/login/")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield lambda role, **options: browser.first(lambda: visit(role, **options))
    for context in contexts:
        context.close()
    assert not faults


# ---- pages from Django's own test server: no sockets, no workers, the cast of tests/cast.py


@pytest.fixture(scope="module")
def own_browser(django_db_setup: None) -> Iterator[Chromium]:
    """A browser for such tests alone: while it runs, Django takes this thread for an async one."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser:
        yield browser
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def world(transactional_db: None) -> Any:
    """The cast, committed, so that the server sees it; of no work is known when it was last done.

    What an earlier test said was done would become late, and be told on the desk, in the midst of
    a later one: 30 s on.
    """
    from django.core.cache import cache

    from apps.live.pulse import DUE_S
    from apps.tenancy.scope import system_scope
    from tests.cast import build_cast

    cache.delete_many([f"pulse.{work}" for work in DUE_S])
    with system_scope("the cast spans mines"):
        return build_cast()


@contextmanager
def answered() -> Iterator[None]:
    """At the end wait for the requests that the server still answers: the tables go then."""
    open_requests: list[int] = []
    idle = threading.Condition()

    def began(**_kwargs: Any) -> None:
        open_requests.append(1)

    def ended(**_kwargs: Any) -> None:
        with idle:
            open_requests.pop()
            idle.notify_all()

    request_started.connect(began)
    request_finished.connect(ended)
    yield
    with idle:
        idle.wait_for(lambda: not open_requests, timeout=20)
    request_started.disconnect(began)
    request_finished.disconnect(ended)


def let_in(context: BrowserContext, username: str) -> None:
    """Sign somebody in at the server without drawing its page, which half a second would go into.

    Whoever is at the whole running demo fills the page in.
    """
    from tests.cast import PASSWORD

    assert context.request.get("/login/").ok
    token = next(one["value"] for one in context.cookies() if one["name"] == "csrftoken")
    form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = context.request.post("/login/", form=form, max_redirects=0)
    assert answer.status == 302, f"{username}: {answer.status}"


@contextmanager
def doorman(browser: Chromium, url: str) -> Iterator[Callable[..., Page]]:
    """Give a function that signs somebody in at a server and opens a page, the desk by default."""
    contexts: list[BrowserContext] = []

    def visit(username: str, address: str, **options: Any) -> Page:
        size = {"width": 1366, "height": 768}
        context = browser.new_context(**{"base_url": url, "viewport": size, **options})
        contexts.append(context)
        let_in(context, username)
        page = context.new_page()
        page.goto(address)
        return page

    def open_page(username: str, address: str = "/desk/", **options: Any) -> Page:
        return browser.first(lambda: visit(username, address, **options))

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def enter(own_browser: Chromium, live_server: Any, world: Any) -> Iterator[Callable[..., Page]]:
    """Return a function that signs somebody in and opens a page, the desk by default."""
    with answered(), doorman(own_browser, live_server.url) as open_page:
        yield open_page


@pytest.fixture
def editor(world: Any, enter: Callable[..., Page]) -> Page:
    """The owner's page, in the zone editor of a camera of its own that is off."""
    page = enter("anna", "/alarms/")
    area = world.lamp_hill.area.pk
    body = {"area": area, "name": "Drawn", "main_url": "rtsp://192.0.2.7/one", "enabled": False}
    camera = api.send(page, "POST", "/api/v1/cameras/", body)
    page.goto(f"/portal/cameras/{camera['id']}/scene/")
    return page
