// A plan with its cameras: alarms glow on it, blind cameras say so, and admins place cameras.
// An event or a heartbeat is only a hint: what is shown was asked for whole, again and again.

import { data, el, need, redraw, setOff, setText } from "../common/dom";
import { json } from "../common/http";
import { say, ServerClock } from "../common/time";
import { reader, type Catalogue } from "../common/words";
import { Feed, type Line } from "../desk/feed";
import { free, type Where } from "./geometry";
import { Keep } from "./keep";
import { icons, look, Stage, standing, type Camera, type Plan } from "./stage";

interface Given {
  plan: Plan;
  may_place: boolean;
  urls: { socket: string; events: string; plan: string; place: string; alarm: string; camera: string };
  strings: Catalogue;
}

const HINT_MS = 300;
const ANYWAY_MS = 5000;
const ZOOMS = [1, 1.5, 2, 3, 4];
const FRESH: Where = { x: 0.5, y: 0.5, bearing_deg: 0, angle_deg: 70, reach: 0.12 };

const given = data<Given>("plan-data");
const words = reader(given.strings);
const { t } = words;
let plan = given.plan;
let cursor = plan.cursor;
let placing = given.may_place && location.hash === "#place";
let chosen: number | null = null;
let zoom = 0;

const line = need("plan-line");
const list = need("plan-cameras");
const place = need("plan-stage");
const stage = new Stage(place, words, {
  link,
  placing: () => placing,
  chosen: () => chosen,
  choose,
  move: (id, where, done) => {
    const camera = plan.cameras.find((one) => one.id === id);
    if (!camera) return;
    camera.where = where;
    show();
    fillFields();
    if (done) keep.soon(id);
  },
});

function link(camera: Camera): string {
  const url = camera.alarm ? given.urls.alarm : given.urls.camera;
  return url.replace(/\b0\b/, String(camera.alarm?.id ?? camera.id));
}

// ---- drawing --------------------------------------------------------------------------------

function show(): void {
  stage.know(plan);
  stage.show(plan);
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["row"] : undefined;
  redraw(list, plan.cameras.map(row));
  if (focused && !list.contains(document.activeElement)) list.querySelector<HTMLElement>(`[data-row="${focused}"]`)?.focus();
}

function row(camera: Camera): HTMLElement {
  const name = placing
    ? el("button", { class: "button quiet small", type: "button", "data-row": camera.id, "aria-pressed": String(chosen === camera.id), click: () => put(camera.id) }, camera.where ? camera.name : `${t("place")}: ${camera.name}`)
    : el("a", { href: link(camera), "data-row": camera.id }, camera.name);
  const sub = camera.where ? standing(camera, words) : `${standing(camera, words)} · ${t("not_placed")}`;
  return el("li", { class: `plan-row ${look(camera)}` }, el("span", { class: "plan-sign" }, ...icons(camera)), el("span", {}, name, el("br"), el("span", { class: "sub" }, sub)));
}

// ---- placing --------------------------------------------------------------------------------

const fields = document.getElementById("plan-fields") as HTMLFormElement | null;
const SCALES: Record<keyof Where, number> = { x: 100, y: 100, bearing_deg: 1, angle_deg: 1, reach: 100 };

function field(name: string): HTMLInputElement {
  return fields?.elements.namedItem(name) as HTMLInputElement;
}

function put(id: number): void {
  const camera = plan.cameras.find((one) => one.id === id);
  if (!camera) return;
  choose(id);
  if (!camera.where) {
    camera.where = free(FRESH, plan.cameras.flatMap((one) => one.where ?? []));
    keep.soon(id);
    show();
    fillFields();
  }
  place.querySelector<HTMLElement>(`[data-camera="${id}"]`)?.focus();
}

function choose(id: number): void {
  if (chosen === id) return;
  chosen = id;
  setSaved("");
  show();
  fillFields();
}

function fillFields(): void {
  const camera = plan.cameras.find((one) => one.id === chosen);
  if (!fields) return;
  fields.hidden = !placing || !camera?.where;
  if (!camera?.where) return;
  setText(need("plan-chosen"), camera.name);
  for (const [name, scale] of Object.entries(SCALES)) {
    const input = field(name);
    const value = String(Number((camera.where[name as keyof Where] * scale).toFixed(1)));
    if (document.activeElement !== input && input.value !== value) input.value = value;
  }
}

fields?.addEventListener("submit", (event) => event.preventDefault());
fields?.addEventListener("input", () => {
  const camera = plan.cameras.find((one) => one.id === chosen);
  if (!camera?.where || !fields.checkValidity()) {
    fields.querySelector<HTMLInputElement>(":invalid")?.reportValidity();
    return;
  }
  const where = { ...camera.where };
  for (const [name, scale] of Object.entries(SCALES)) where[name as keyof Where] = Number(field(name).value) / scale;
  camera.where = where;
  show();
  keep.soon(camera.id);
});

document.getElementById("plan-off")?.addEventListener("click", () => {
  const camera = plan.cameras.find((one) => one.id === chosen);
  if (!camera) return;
  camera.where = null;
  keep.soon(camera.id);
  show();
  fillFields();
  list.querySelector<HTMLElement>(`[data-row="${camera.id}"]`)?.focus(); // the form that it was pressed in is gone
});

document.getElementById("plan-mode")?.addEventListener("click", () => setPlacing(!placing));

function setPlacing(on: boolean): void {
  placing = on;
  document.getElementById("plan-mode")?.setAttribute("aria-pressed", String(on));
  place.classList.toggle("placing", on);
  show();
  fillFields();
}

const keep = new Keep({
  where: (id) => plan.cameras.find((one) => one.id === id)?.where ?? null,
  put: (id, where) => {
    const url = given.urls.place.replace("/0/", `/${id}/`);
    return where ? json(url, "PUT", where, { keepalive: true }) : json(url, "DELETE", undefined, { keepalive: true });
  },
  say: (state, fault) => setSaved(t(state, { reason: fault instanceof Error ? fault.message : String(fault) })),
});
window.addEventListener("pagehide", () => keep.leave());
window.addEventListener("beforeunload", (event) => {
  if (keep.failing) event.preventDefault();
});

function setSaved(text: string): void {
  const node = document.getElementById("plan-saved");
  if (node) setText(node, text);
}

// ---- keeping up -----------------------------------------------------------------------------

let hinted = 0;
let loading = false;

function hint(): void {
  window.clearTimeout(hinted);
  hinted = window.setTimeout(() => void load(), HINT_MS);
}

async function load(): Promise<void> {
  if (loading || stage.busy) return hint();
  loading = true;
  try {
    const found = await json<Plan>(given.urls.plan, "GET", undefined, { signal: AbortSignal.timeout(8000) });
    const ours = new Map(plan.cameras.filter((one) => keep.has(one.id)).map((one) => [one.id, one.where]));
    for (const camera of found.cameras) if (ours.has(camera.id)) camera.where = ours.get(camera.id) ?? null;
    if (stage.busy) return;
    plan = found;
    cursor = found.cursor;
    place.classList.remove("old");
    show();
    fillFields();
  } catch {
    place.classList.add("old"); // what is drawn is no view of the present
  } finally {
    loading = false;
  }
}

function onLine(state: Line): void {
  const zone = "";
  const texts: Record<Line["state"], string> = {
    live: t("live"),
    connecting: t("connecting"),
    polling: t("blocked" in state && state.blocked ? "blocked" : "polling"),
    lost: "since" in state ? t("lost", { time: say(state.since, zone) }) : "",
    "signed-out": "since" in state ? t("signed_out", { time: say(state.since, zone) }) : "",
  };
  setText(line, texts[state.state]);
  place.classList.toggle("old", state.state === "lost" || state.state === "signed-out");
}

new Feed({
  clock: new ServerClock(),
  socket: given.urls.socket,
  events: given.urls.events,
  cursor: () => cursor,
  onEvents: (events) => {
    cursor = Math.max(cursor, ...events.map((event) => event.id));
    hint();
  },
  onLine,
  onResync: () => void load(),
});
window.setInterval(() => document.hidden || void load(), ANYWAY_MS);

// ---- size -----------------------------------------------------------------------------------

const smaller = need<HTMLButtonElement>("plan-smaller");
const larger = need<HTMLButtonElement>("plan-larger");

function setZoom(step: number): void {
  zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + step));
  place.style.width = `${(ZOOMS[zoom] ?? 1) * 100}%`;
  setOff(smaller, zoom === 0);
  setOff(larger, zoom === ZOOMS.length - 1);
}
smaller.addEventListener("click", () => setZoom(-1));
larger.addEventListener("click", () => setZoom(1));
setZoom(0);

need("plan-picture").addEventListener("error", () => {
  place.append(el("p", { class: "notice bad" }, t("no_picture")));
});

setPlacing(placing);
