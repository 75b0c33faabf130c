// The player's page: one to four cameras, live or as recorded, in step.

import { boxesSwitch } from "../common/boxes";
import { data, el, icon, need, setText } from "../common/dom";
import { ClockField } from "../common/moments";
import { say, sayFull, ServerClock, zoneOffset } from "../common/time";
import { reader } from "../common/words";
import { Cell } from "./cell";
import type { CameraGiven, WatchGiven } from "./config";
import { fillEvents } from "./events";
import { Player } from "./player";
import { playable } from "./plays";
import { wireSpan } from "./span";
import { Timeline } from "./timeline";

const given = data<WatchGiven>("watch-data");
const words = reader(given.strings);
const { t } = words;
const clock = new ServerClock();
clock.learn(given.now * 1000);
const now = (): number => clock.now() / 1000;

// The browser's own clock of the videos begins here; days before anything that is kept.
const origin = Math.floor(given.now / 86_400 - 60) * 86_400;

const choice = need<HTMLSelectElement>("watch-stream");
const note = need("watch-note");
choice.value = given.cameras.length > 2 ? "sub" : "main";
if (!given.cameras.some((camera) => camera.streams["sub"])) choice.closest("label")!.hidden = true;

/** The stream to show: what was chosen, but one that this browser plays where there is one. */
function streamOf(camera: CameraGiven): string {
  const wanted = camera.streams[choice.value] ? choice.value : "main";
  const other = wanted === "main" ? "sub" : "main";
  return playable(camera.streams, wanted, other);
}

const offset = (at: number): number => zoneOffset(at, given.timezone);

const cells = given.cameras.map((camera) => new Cell(camera, streamOf(camera), origin, words, (server) => clock.learn(server * 1000), now, given.labels));
need("watch-grid").replaceChildren(...cells.map((cell) => cell.place));
const player = new Player(cells, now);
const cause = (gap: Parameters<Cell["cause"]>[0]): string => cells[0]!.cause(gap);

const timeline = new Timeline(need("watch-rows"), given.cameras, words, {
  now, offset, cause, stream: streamOf,
  onSeek: (at) => go(at),
  onFound: () => {
    for (const [index, cell] of cells.entries()) cell.gaps = timeline.rows[index]?.found?.gaps ?? [];
    fillEvents(need("watch-events"), timeline.rows, {
      words, now, cause, alarmUrl: given.alarm, many: cells.length > 1, onSeek: (at) => go(at),
    });
    keeps();
    fitOnce();
  },
});

/** Show a moment, and let it play on. */
function go(at: number): void {
  setText(note, "");
  note.hidden = true;
  player.playing = true;
  player.seek(at);
  timeline.jump(player.position);
}

function keeps(): void {
  const starts = timeline.rows.map((row) => row.found?.recorded_from ?? null).filter((at): at is number => at !== null);
  setText(need("watch-keeps"), starts.length ? t("keeps", { time: sayFull(Math.min(...starts) * 1000, given.timezone) }) : t("nothing"));
}

let fitted = false;
/** Begin with the shortest window that holds all that is kept, so that little is not a thin line. */
function fitOnce(): void {
  if (fitted) return;
  fitted = true;
  const starts = timeline.rows.map((row) => row.found?.recorded_from ?? null).filter((at): at is number => at !== null);
  if (!starts.length) return;
  const needed = (now() - Math.min(...starts)) * 1.05;
  const length = [600, 3600, 21_600, 86_400].find((one) => one >= needed) ?? 86_400;
  if (length !== timeline.length) zoom(length);
}

function zoom(length: number): void {
  timeline.zoom(length);
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-zoom]"))
    button.setAttribute("aria-pressed", String(Number(button.dataset["zoom"]) === length));
}

const boxes = el("button", { class: "button quiet small", type: "button", title: t("boxes_title"), "data-boxes-switch": true }, icon("shape"), t("boxes"));
boxesSwitch(boxes);
need("watch-clock").before(boxes);

const liveButton = need<HTMLButtonElement>("watch-live");
const playButton = need<HTMLButtonElement>("watch-play");
let drawn = "";
player.onDraw = () => {
  const moment = now();
  for (const cell of cells) cell.draw(player.live, moment, player.position);
  timeline.show(player.position);
  setText(need("watch-clock"), `${t(player.live ? "live" : "recorded")} · ${sayFull(player.position * 1000, given.timezone)}`);
  const state = `${player.live}${player.playing}`;
  if (state !== drawn) {
    drawn = state;
    liveButton.setAttribute("aria-pressed", String(player.live));
    liveButton.replaceChildren(icon("now"), t(player.live ? "live" : "go_live"));
    setText(playButton, t(player.playing ? "pause" : "play"));
  }
  if (cells.some((cell) => cell.feed.trouble === "signed_out") && note.hidden) {
    note.hidden = false;
    const back = encodeURIComponent(window.location.pathname + window.location.search);
    note.replaceChildren(t("signed_out"), " ", el("a", { href: `${given.login}?next=${back}` }, t("sign_in")));
  }
};
player.onSkip = ({ since, until }) => {
  note.hidden = false;
  const when = (at: number): string => say(at * 1000, given.timezone, now() * 1000);
  setText(note, t("skipped", { since: when(since), until: when(until) }));
};

liveButton.addEventListener("click", () => {
  note.hidden = true;
  player.goLive();
  timeline.jump(now());
});
playButton.addEventListener("click", () => player.toggle());
need<HTMLSelectElement>("watch-speed").addEventListener("change", (event) => {
  const rate = Number((event.target as HTMLSelectElement).value);
  if (player.live && rate !== 1) player.seek(cells[0]!.feed.position);
  player.rate = rate;
});
choice.addEventListener("change", () => {
  for (const cell of cells) cell.feed.change(streamOf(cell.camera));
  void timeline.load();
});
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-zoom]"))
  button.addEventListener("click", () => zoom(Number(button.dataset["zoom"])));
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-pan]"))
  button.addEventListener("click", () => timeline.pan(Number(button.dataset["pan"])));
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-step]"))
  button.addEventListener("click", () => player.seek(player.position + Number(button.dataset["step"])));
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-frame]"))
  button.addEventListener("click", () => player.frame(Number(button.dataset["frame"])));

const goAt = new ClockField(need<HTMLInputElement>("watch-go-at"), given.timezone, t("which_time"));
goAt.show(given.at ?? given.now);
need<HTMLFormElement>("watch-go").addEventListener("submit", (event) => {
  event.preventDefault();
  const { at } = goAt;
  if (at) go(at);
  else {
    note.hidden = false;
    setText(note, t(at === null ? "never_time" : "bad_time"));
  }
});
const add = document.getElementById("watch-add") as HTMLFormElement | null;
add?.addEventListener("submit", () => {
  const field = add.querySelector<HTMLInputElement>('input[name="at"]')!;
  field.value = player.live ? "" : player.position.toFixed(1);
});
wireSpan({ words, cameras: given.cameras, zone: given.timezone, stream: () => choice.value, position: () => player.position });

document.addEventListener("keydown", (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.altKey || event.metaKey || target.closest("input, select, textarea")) return;
  if (event.key === " " && target.closest("button, a")) return;
  const act: Record<string, () => void> = {
    " ": () => player.toggle(),
    ArrowLeft: () => player.seek(player.position - 5),
    ArrowRight: () => player.seek(player.position + 5),
    ",": () => player.frame(-1),
    ".": () => player.frame(1),
    l: () => liveButton.click(),
  };
  if (!act[event.key]) return;
  event.preventDefault();
  act[event.key]!();
});

for (const cell of cells) {
  void cell.ask();
  window.setInterval(() => player.live && !document.hidden && void cell.ask(), Cell.everyMs);
}
if (given.at === null) player.goLive();
else go(given.at);
void timeline.load();
