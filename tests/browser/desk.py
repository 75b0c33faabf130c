"""What the tests of the desk share: an alarm raised, one that is over, its row, what moved."""

from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page

from apps.alarms.models import Alarm
from apps.alarms.services import alarm_clear
from apps.tenancy.scope import mine_scope
from tests.cast import NOON, Cast, an_alarm

__all__ = ["moved", "over", "raised", "row", "watch_moves"]

# Every move that the browser counts as a layout shift, with what moved, from where, and to where.
WATCH_MOVES = """async () => {
  await document.fonts.ready;
  const named = (node) => {
    const start = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (!start) return "what is gone";
    const path = [];
    for (let at = start; at && at !== document.body; at = at.parentElement) {
      path.unshift(at.id ? `#${at.id}` : [at.localName, ...at.classList].join("."));
      if (at.id) break;
    }
    return `${path.join(" > ")} "${start.textContent.trim().slice(0, 40)}"`;
  };
  const box = ({x, y, width, height}) =>
    `${[x, y].map(Math.round)} (${[width, height].map(Math.round)})`;
  const kept = (one) => ({
    by: one.value,
    at_ms: Math.round(one.startTime),
    what: one.sources.map(
      ({node, previousRect, currentRect}) =>
        `${named(node)} from ${box(previousRect)} to ${box(currentRect)}`
    ),
  });
  window.moves = [];
  window.movesSeen = (entries) => {
    for (const one of entries) if (!one.hadRecentInput) window.moves.push(kept(one));
  };
  window.watcher = new PerformanceObserver((list) => window.movesSeen(list.getEntries()));
  window.watcher.observe({type: "layout-shift"});
}"""


def raised(world: Cast, **changes: Any) -> Alarm:
    with mine_scope(world.lamp_hill.mine.pk):
        return an_alarm(world.lamp_hill, **changes)


def over(world: Cast, rule: str = "r1", situation: str = "", after_s: float = 9) -> None:
    with mine_scope(world.lamp_hill.mine.pk):
        at = NOON + timedelta(seconds=after_s)
        situation = situation or f"{rule}:1"
        alarm_clear(camera=world.lamp_hill.camera, rule=rule, situation=situation, at=at)


def row(page: Page, alarm: Alarm) -> Locator:
    return page.locator(f'#queue li[data-alarm="{alarm.pk}"]')


def watch_moves(page: Page) -> None:
    """Begin to note what moves on the page without anybody's doing."""
    page.evaluate(WATCH_MOVES)


def moved(page: Page) -> list[dict[str, Any]]:
    """Return what moved since then: by how much, when, and which parts from where to where."""
    moves: list[dict[str, Any]] = page.evaluate(
        "() => { window.movesSeen(window.watcher.takeRecords()); return window.moves; }"
    )
    return moves
