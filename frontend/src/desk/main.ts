// The live desk: ties the feed, the state and the three columns together.

import { countInTitle } from "../common/count";
import { asking } from "../common/dialog";
import { data, el, icon, need, setText } from "../common/dom";
import { json } from "../common/http";
import { announce } from "../common/live";
import { signInAgain } from "../common/session";
import { say, sayMinute, ServerClock } from "../common/time";
import { reader } from "../common/words";
import type { DeskData, Tools } from "./config";
import { CallsBanner } from "./calls";
import { Detail } from "./detail";
import { Feed, type Line } from "./feed";
import { Folded } from "./folded";
import { Follow } from "./follow";
import { hearing } from "./hearing";
import { Keys } from "./keys";
import { nameDesk } from "./named";
import { Queue } from "./queue";
import { Shelf } from "./shelf";
import { Sound, type SoundState } from "./sound";
import * as state from "./state";
import { Wall } from "./tiles";

const HEALTH_EVERY_MS = 10_000;
const RESYNC_AGAIN_MS = 3000;
// Of more alarms at once only the count is read out.
const MOST_READ = 3;
// What comes within this time of a change is painted together with it.
const TOGETHER_MS = 50;

const given = data<DeskData>("desk-data");
const words = reader(given.strings);
const { t, code } = words;
const clock = new ServerClock();
const navigation = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
clock.learn(Date.parse(given.now), performance.now() - (navigation?.responseStart ?? 0));
const where: Tools["where"] = (one) => state.placeOf(one, follow.snapshot.mines.length > 1);
const tools: Tools = { urls: given.urls, words, clock, where };

const follow = new Follow(
  given.snapshot,
  {
    snapshot: () => json<state.Snapshot>(given.urls.desk),
    cameras: askCameras,
    pause: () => new Promise((done) => window.setTimeout(done, RESYNC_AGAIN_MS)),
  },
  onFresh,
);
let selected: number | null = null;
// Whether the chosen alarm asked for an answer since it was chosen.
let asked = false;
// The chosen alarm stays in the middle after it left the queue, until another one is chosen.
let last: state.Alarm | null = null;
// Which of the server's own work does not go on.
let late: string[] = [];
// Whatever asks for an answer in here was read out, or stood there when the page came.
let told = follow.snapshot;

const banner = need("desk-banner");
const pills = need("desk-pills");
const clockFace = need("desk-clock");

const floodBanner = need("desk-flood");

const calls = new CallsBanner(need("desk-calls"), tools, (mine) => given.may_configure.includes(mine));
const queue = new Queue(need<HTMLOListElement>("queue"), need("queue-title"), tools, (id) => {
  select(id);
  bring();
});
const detail = new Detail(need("detail"), tools, {
  mayAnswer: (alarm) => follow.snapshot.may_acknowledge.includes(alarm.mine),
  mayConfigure: (alarm) => given.may_configure.includes(alarm.mine),
  isWatched: (alarm) => state.isWatched(alarm, follow.snapshot.cameras),
  mayWatch: (alarm) => given.may_watch.includes(alarm.mine),
  uncalled: (alarm) => follow.snapshot.calls.uncalled.includes(alarm.id),
  people: (alarm) => given.people[String(alarm.mine)] ?? [],
  me: given.me,
  onAlarm: (alarm) => {
    upsert(alarm);
    detail.stale();
  },
  onSilence,
});
const shelf = new Shelf(need("shelf-title"), need("shelf-list"), tools, {
  mayEnd: (silence) =>
    (silence.kind === "out_of_service" ? given.may_configure : follow.snapshot.may_acknowledge).includes(silence.mine),
  me: given.me,
  onSilence,
});
const wall = new Wall(need("tiles"), need("wall-quiet"), tools);

// ---- state → page ---------------------------------------------------------------------------

// In a flood the lesser alarms fold into a counter, until somebody asks for them.
let unfolded = false;
const foldedCounter = new Folded(need("queue-folded"), words, () => {
  unfolded = !unfolded;
  render();
});

let renderedAt = -Infinity;
let waiting = 0;

/** Paint at once what comes alone, and what comes in a burst together. */
function soon(): void {
  if (waiting) return;
  const rest = renderedAt + TOGETHER_MS - performance.now();
  if (rest <= 0) render();
  else waiting = window.setTimeout(render, rest);
}

function render(): void {
  window.clearTimeout(waiting);
  waiting = 0;
  renderedAt = performance.now();
  readOut();
  const all = follow.snapshot.alarms.filter((alarm) => !state.silenced(alarm));
  const lesser = all.filter((alarm) => state.unanswered(alarm) && state.folds(follow.snapshot, alarm));
  if (!follow.snapshot.floods.length) unfolded = false;
  const folded = unfolded ? [] : lesser.filter((alarm) => alarm.id !== selected);
  const open = all.filter((alarm) => !folded.includes(alarm));
  let chosen = open.find((alarm) => alarm.id === selected) ?? null;
  if (!chosen && last === null) {
    chosen = open[0] ?? null;
    selected = chosen?.id ?? null;
  }
  if (chosen) {
    last = chosen;
    asked ||= state.unanswered(chosen);
  }
  queue.show(open, selected, folded.length);
  wall.speak(new Set(all.flatMap(state.seenBy)));
  foldedCounter.show(unfolded ? lesser : folded, unfolded);
  countInTitle(all.filter(state.unanswered).length);
  showFlood();
  shelf.show(follow.snapshot.silences);
  calls.show(follow.snapshot.calls, follow.snapshot.alarms);
  if (last) detail.show(last);
  else calm();
}

function showFlood(): void {
  const flood = follow.snapshot.floods[0];
  floodBanner.hidden = !flood;
  setText(floodBanner, flood ? t("flood", { time: say(flood.since, zone()) }) : "");
}

function calm(): void {
  const { protecting, idle, all } = wall.count();
  const watching = follow.snapshot.cameras.filter((camera) => camera.enabled && camera.health.state !== "idle");
  const areas = new Set(watching.map((camera) => `${camera.mine}/${camera.area}`)).size;
  if (!follow.snapshot.mines.length) detail.calm(t("no_mine"), t("no_mine_do"), true);
  else if (late.length) detail.calm(t("nothing"), code("late", late[0]!), true);
  else if (!all && idle) detail.calm(t("nothing"), t("none_protects"), true);
  else if (!all) detail.calm(t("nothing"), t("no_cameras"), true);
  else if (protecting < all) detail.calm(t("nothing_doubt"), t("watching_some", { protecting, cameras: all }), true);
  else detail.calm(t("nothing"), t("watching", { cameras: all, areas }), false);
}

function select(id: number): void {
  selected = id;
  asked = false;
  last = null;
  render();
}

/** Where the columns stand below one another, what was chosen comes onto the screen: a tap must do something. */
function bring(): void {
  const place = need("detail");
  if (place.getBoundingClientRect().top > window.innerHeight / 2) place.scrollIntoView();
}

/** Take in an alarm that an answer brought; its event may come before or after. */
function upsert(alarm: state.Alarm): void {
  follow.snapshot = state.withAlarm(follow.snapshot, alarm);
  if (last?.id === alarm.id) last = alarm;
  render();
}

/** Take in a silence that was changed from here; its event may come before or after. */
function onSilence(silence: state.Silence): void {
  follow.snapshot = { ...follow.snapshot, silences: state.withSilence(follow.snapshot.silences, silence) };
  render();
}

function named(alarm: state.Alarm): Record<string, string> {
  return { what: state.title(alarm, code), place: `${where(alarm)}, ${alarm.camera_name}`, severity: code("severity", alarm.severity) };
}

/** Read out what asks for an answer and did not before, however it came here; all of it at once, the worst first. */
function readOut(): void {
  const news = state.asksAnew(told, follow.snapshot);
  told = follow.snapshot;
  if (!news.length) return;
  const texts = news.slice(0, MOST_READ).map(({ alarm, how }) => t(how, named(alarm)));
  if (news.length > MOST_READ) texts.push(t("more_alarms", { count: news.length - MOST_READ }));
  announce(texts.join(" "));
}

function onEvents(events: state.DeskEvent[]): void {
  for (const event of follow.hear(events)) {
    if (event.kind === "alarm.told") announce(t("passed_alarm", named(event.payload as unknown as state.Alarm)));
    const carried = (event.kind.startsWith("clip.") ? event.payload["alarm"] : event.payload) as state.Alarm | undefined;
    if (/^(alarm|clip)\./.test(event.kind) && carried && last?.id === carried.id) last = carried;
    if (event.kind.startsWith("alarm.") && event.kind !== "alarm.updated" && detail.id === carried?.id) detail.stale();
    // An answered alarm that left the queue gives its place to one that needs an answer.
    if (event.kind === "alarm.raised" && last && rests(last)) last = null;
  }
  ring();
  soon();
}

// ---- server → state -------------------------------------------------------------------------

async function askCameras(): Promise<{ id: number; health: state.Health }[]> {
  const found: { id: number; health: state.Health }[] = [];
  let url: string | null = `${given.urls.cameras}?page_size=200`;
  while (url) {
    const page: { results: typeof found; next: string | null } = await json(url);
    found.push(...page.results);
    url = page.next;
  }
  return found;
}

function onFresh(what: "snapshot" | "cameras"): void {
  wall.show(follow.snapshot.cameras);
  if (what === "cameras") return;
  const found = follow.snapshot.alarms.find((alarm) => alarm.id === last?.id);
  if (found) last = found;
  else if (last && last.state !== "closed") last = null;
  render();
}

function onLine(line: Line): void {
  banner.hidden = line.state === "live" || line.state === "connecting";
  if (banner.hidden) setText(banner, "");
  if (line.state === "lost") {
    setText(banner, t("lost", { time: say(line.since, zone()) }));
    // Beneath an open question the banner is silent.
    if (asking() && document.body.dataset["line"] !== "lost") announce(banner.textContent);
  }
  if (line.state === "polling") setText(banner, t(line.blocked ? "blocked" : "polling"));
  if (line.state === "signed-out") {
    const again = el("button", { type: "button", class: "button small", click: askPassword }, t("sign_in"));
    const other = el("a", { href: given.urls.login }, t("session_other"));
    banner.replaceChildren(t("signed_out", { time: say(line.since, zone()) }), " ", again, " ", other);
    if (document.body.dataset["line"] !== "signed-out") askPassword();
  }
  document.body.dataset["line"] = line.state;
  ring();
}

/** A line that lives tells nothing of a server whose own work stands still. */
function onLate(work: string[]): void {
  if (String(work) === String(late)) return;
  late = work;
  const place = need("desk-late");
  place.hidden = !late.length;
  const texts = late.map((one) => el("span", {}, code("late", one)));
  place.replaceChildren(...texts, ...(late.length ? [el("strong", {}, t("late_do"))] : []));
  if (!last) calm();
}

function askPassword(): void {
  signInAgain(given.urls.login, given.me, words, () => {
    feed.resume();
    void follow.resync();
  });
}

// ---- the person -----------------------------------------------------------------------------

function stepBy(by: 1 | -1): void {
  const next = queue.neighbour(selected, by, asked && last !== null && !state.unanswered(last));
  if (next === null) return;
  select(next);
  queue.focus(next);
  bring();
}

const soundButton = need<HTMLButtonElement>("desk-sound");

function showSound(now: SoundState): void {
  soundButton.hidden = false;
  soundButton.className = `button small sound ${now}`;
  soundButton.setAttribute("aria-pressed", String(now === "on"));
  soundButton.replaceChildren(icon(now === "on" ? "sound" : "mute"), t(`sound_${now}`));
}

nameDesk(need("desk-name"), given.urls.desk_name, given.desk, words);

const sound = new Sound(showSound);
showSound(sound.state);
soundButton.addEventListener("click", () => void sound.toggle());
const muteBanner = need("desk-mute");
muteBanner.append(t("mute"), " ", el("button", { type: "button", class: "button small sound", click: () => void sound.check() }, icon("sound"), t("mute_allow")));
hearing(need("desk-hearing"), sound, words);
new Keys({ step: stepBy, press: (key) => detail.press(key), play: () => detail.playClip() }, need("desk-keys"), t);

function showPills(): void {
  const { protecting, blind, idle, all } = wall.count();
  const kind = protecting === all && all > 0 ? "protecting" : "off";
  const texts: [string, string][] = [[kind, t("pill_protecting", { protecting, cameras: all })]];
  if (blind) texts.push(["blind", t("pill_blind", { count: blind })]);
  if (idle) texts.push(["off", t("pill_idle", { count: idle })]);
  const silent = follow.snapshot.silences.filter((silence) => silence.since !== null);
  const next = silent.find((silence) => silence.until !== null);
  if (silent.length)
    texts.push([
      "shelved",
      next
        ? t("pill_shelf_until", { count: silent.length, time: sayMinute(next.until!, next.timezone) })
        : t("pill_shelf", { count: silent.length }),
    ]);
  const count = state.load(follow.snapshot, clock.now());
  const flood = follow.snapshot.floods.length > 0;
  texts.push([flood ? "flood" : "load", t(flood ? "pill_flood" : "pill_load", { count })]);
  const key = JSON.stringify(texts);
  if (pills.dataset["key"] === key) return;
  pills.dataset["key"] = key;
  pills.replaceChildren(...texts.map(([kind, text]) => el("span", { class: `pill state ${kind}` }, text)));
}

/** An alarm that asks nothing of anybody. */
function rests(alarm: state.Alarm): boolean {
  return alarm.state === "closed" || state.silenced(alarm);
}

let restedSince = 0;
const REST_MS = 30_000;

/** An alarm that is over and answered, or shelved, leaves the middle when nobody has looked at it for a while. */
function letGo(now: number): void {
  const place = need("detail");
  const busy = !last || !rests(last) || place.matches(":hover, :focus-within") || [...place.querySelectorAll<HTMLVideoElement>(".clip video")].some((video) => !video.paused);
  if (busy) restedSince = now;
  else if (now - restedSince > REST_MS) {
    last = null;
    render();
  }
}

/** The clock to read where all mines have the same; else the reader's own. */
function zone(): string {
  const zones = new Set(follow.snapshot.cameras.map((camera) => camera.timezone));
  return zones.size === 1 ? [...zones][0]! : "";
}

/** Sound what is due; also called by what the line brings: a covered page's own timers may sleep a minute. */
function ring(): void {
  const line = document.body.dataset["line"];
  const alarms = follow.snapshot.alarms.filter((alarm) => !state.folds(follow.snapshot, alarm));
  const deaf = line === "lost" || line === "signed-out" || late.some((work) => work !== "notify");
  sound.tick(alarms, deaf);
  muteBanner.hidden = !(sound.mute && alarms.some(state.unanswered));
}

function tick(): void {
  const now = clock.now();
  letGo(now);
  queue.tick(now);
  wall.draw();
  showPills();
  detail.tick(now);
  shelf.tick(now);
  ring();
  setText(clockFace, say(now, zone(), now));
  if (!last) calm();
}

wall.show(follow.snapshot.cameras);
render();
tick();
window.setInterval(tick, 500);
window.setInterval(() => void (document.hidden || follow.refresh()), HEALTH_EVERY_MS);
const feed = new Feed({
  clock,
  socket: given.urls.socket,
  events: given.urls.events,
  cursor: () => follow.snapshot.cursor,
  onEvents,
  onLine,
  onLate,
  onResync: () => void follow.resync(),
});
need("desk-unstarted").remove();
