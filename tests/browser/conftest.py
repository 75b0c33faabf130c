"""A real browser at a running stack; the fixture `stack` is in tests/stack.py."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium; without one these tests are skipped, and say so."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of the tests that need the whole running demo."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def sign_in(browser: Browser, stack: Any) -> Iterator[Callable[..., Page]]:
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
        if urlsplit(url).scheme in ("http", "https", "ws", "wss"):
            host = urlsplit(url).hostname or ""
            if host not in OURS | {urlsplit(stack.url).hostname}:
                faults.append(f"a request left the machine: {url}")

    def enter(role: str, **options: Any) -> Page:
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

    yield enter
    for context in contexts:
        context.close()
    assert not faults
