// What the desk knows, and the one function that changes it. No clock, network or page in here:
// a snapshot and the events after its cursor give what a fresh snapshot would.

import { micros } from "../common/time";

export type Severity = "critical" | "high" | "medium" | "low";
export type SilenceKind = "shelved" | "suppressed" | "out_of_service";
export type AlarmState = "unacknowledged" | "acknowledged" | "returned" | "latched" | "closed" | SilenceKind;
export type Box = [number, number, number, number];
export type Point = [number, number];

export interface Clip {
  id: string;
  /** Another camera may have a clip of the same alarm. */
  camera?: number;
  state: "pending" | "ready" | "failed";
  /** What it holds, once it is ready. */
  starts_at?: string | null;
  ends_at?: string | null;
}

export interface Alarm {
  id: number;
  mine: number;
  mine_name: string;
  /** The mine's time zone, such as Asia/Shanghai. */
  timezone: string;
  area: string;
  camera: number;
  camera_name: string;
  rule: string;
  rule_type: string;
  state: AlarmState;
  level: string;
  severity: Severity;
  active: boolean;
  raised_at: string;
  last_seen_at: string;
  cleared_at: string | null;
  /** Why nobody watches any more, where that ended it; empty where it was seen to be over. */
  unwatched?: string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  /** Since when it asks for the answer that is due; how many were told since; who is next, when. */
  asked_at: string | null;
  told: number;
  escalates_at: string | null;
  escalates_to: string;
  assigned_to: string | null;
  verdict: "" | "false";
  finding: string;
  /** What an answer is about: it changes when the alarm becomes worse, or happens again. */
  mark: string;
  /** How it comes and goes; empty where it does not. */
  chatter: { changes?: number; within_s?: number; on_delay_s?: number };
  count: number;
  why: string;
  values: Record<string, unknown>;
  boxes: Box[];
  zone: Point[];
  picture: { at?: string; boxes?: Box[]; zone?: Point[] };
  scene_version: number;
  committed_at: string;
  clips: Clip[];
  /** Where several cameras see it, all of them. */
  witnesses?: { camera: number; camera_name: string; active: boolean }[];
}

/** A rule of one camera that asks nobody for a while. */
export interface Silence {
  id: number;
  mine: number;
  mine_name: string;
  timezone: string;
  area: string;
  camera: number;
  camera_name: string;
  rule: string;
  rule_type: string;
  kind: SilenceKind;
  reason: string;
  asked_by: string | null;
  asked_at: string;
  needs_second: boolean;
  agreed_by: string | null;
  /** In force since; null while it waits for a second person. */
  since: string | null;
  until: string | null;
  ended_at: string | null;
  end: string;
}

/** A time in which a mine's alarms are more than one person can answer. */
export interface Flood {
  id: number;
  mine: number;
  since: string;
  ended_at: string | null;
}

/** A way of calling people along which nothing gets through. */
export interface Down {
  route: number;
  mine: number;
  name: string;
  channel: string;
  at: string;
  timezone: string;
  reason: string;
}

/** Whether people are reached who are not at the desk: routes that are down, alarms that called nobody. */
export interface Calls {
  down: Down[];
  uncalled: number[];
}

/** An alarm that came to the desks of its mine in the last ten minutes. */
export interface Recent {
  id: number;
  mine: number;
  at: string;
}

export interface StreamHealth {
  stream: string;
  state: string;
  reason: string;
  since: string;
}

export interface Health {
  state: "protecting" | "idle" | "blind" | "off";
  because: string;
  streams: StreamHealth[];
  analysed_until: string | null;
  /** Faults of the picture now; `since` is Unix seconds. */
  faults?: { fault: string; about: string; since: number }[];
}

export interface Camera {
  id: number;
  mine: number;
  mine_name: string;
  timezone: string;
  area: string;
  name: string;
  enabled: boolean;
  health: Health;
}

export interface Snapshot {
  cursor: number;
  alarms: Alarm[];
  silences: Silence[];
  floods: Flood[];
  recent: Recent[];
  cameras: Camera[];
  calls: Calls;
  mines: number[];
  may_acknowledge: number[];
}

export interface DeskEvent {
  id: number;
  mine: number;
  kind: string;
  at: string;
  payload: Record<string, unknown>;
}

const RANK: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** What lies somewhere in a mine. */
export interface Placed {
  mine_name: string;
  area: string;
}

/** Where something is; several: the desk shows several mines, whose places may have the same name. */
export function placeOf(one: Placed, several: boolean): string {
  return several ? `${one.mine_name} · ${one.area}` : one.area;
}

/** Whether an alarm asks nobody for a while. */
export function silenced(alarm: Alarm): boolean {
  return alarm.state === "shelved" || alarm.state === "suppressed" || alarm.state === "out_of_service";
}

function group(alarm: Alarm): number {
  if (silenced(alarm)) return 2;
  return unanswered(alarm) ? 0 : 1;
}

/** Order as the server does: unanswered first, silenced last, then the worst, then the newest. */
export function compare(a: Alarm, b: Alarm): number {
  return (
    group(a) - group(b) ||
    RANK[a.severity] - RANK[b.severity] ||
    micros(b.raised_at) - micros(a.raised_at) ||
    b.id - a.id
  );
}

/** Whether somebody still has to answer. */
export function unanswered(alarm: Pick<Alarm, "state">): boolean {
  return alarm.state === "unacknowledged" || alarm.state === "returned";
}

/** Whether it asks for an answer that cannot wait. */
export function urgent(alarm: Alarm): boolean {
  return unanswered(alarm) && (alarm.severity === "critical" || alarm.severity === "high");
}

/**
 * The alarm before or after another one in the order that is shown. After one that was answered
 * meanwhile (`done`), or that is gone, comes the first that asks; after the last one comes the first.
 */
export function neighbour(shown: Alarm[], id: number | null, step: 1 | -1, done: boolean): number | null {
  const index = shown.findIndex((alarm) => alarm.id === id);
  const first = shown.find(unanswered) ?? shown[0];
  if (index < 0 || (done && step === 1 && first && unanswered(first))) return first?.id ?? null;
  return shown[Math.max(0, index + step) % shown.length]!.id;
}

/** The cameras that see what an alarm is about. */
export function seenBy(alarm: Alarm): number[] {
  return [alarm.camera, ...(alarm.witnesses ?? []).map((witness) => witness.camera)];
}

/** What an alarm is about, in words: the kind of hazard, or which fault of the camera. */
export function title(alarm: Alarm, code: (group: string, value: string) => string): string {
  return alarm.rule_type === "camera_health" ? code("fault", alarm.level) : code("rule_type", alarm.rule_type);
}

/** Whether a camera that saw an alarm last is switched on, and can say that it is over. */
export function isWatched(alarm: Alarm, cameras: readonly Camera[]): boolean {
  const seen = alarm.witnesses?.length ? alarm.witnesses.filter((one) => one.active).map((one) => one.camera) : [alarm.camera];
  const off = new Set(cameras.filter((camera) => !camera.enabled).map((camera) => camera.id));
  return seen.some((id) => !off.has(id));
}

/** Where an alarm stands, in words; it is not said to be over where nobody watches any more. */
export function standing(alarm: Alarm, code: (group: string, value: string) => string): string {
  return code(alarm.unwatched ? "state_unwatched" : "state", alarm.state);
}

/** Take in an alarm that an answer brought; its event may come before or after. */
export function withAlarm(snapshot: Snapshot, alarm: Alarm): Snapshot {
  const alarms = snapshot.alarms.filter((one) => one.id !== alarm.id);
  if (alarm.state !== "closed") {
    const behind = alarms.findIndex((one) => compare(alarm, one) < 0);
    alarms.splice(behind < 0 ? alarms.length : behind, 0, alarm);
  }
  return { ...snapshot, alarms };
}

function carried(event: DeskEvent): Alarm | null {
  if (event.kind.startsWith("alarm.")) return event.payload as unknown as Alarm;
  if (event.kind.startsWith("clip.")) return (event.payload["alarm"] as Alarm | undefined) ?? null;
  return null;
}

/** Take in a silence; the first to end comes first, those of permits, which have no time, last. */
export function withSilence(silences: Silence[], one: Silence): Silence[] {
  const others = silences.filter((other) => other.id !== one.id);
  if (one.ended_at !== null) return others;
  const until = (silence: Silence): number => (silence.until === null ? Infinity : micros(silence.until));
  return [...others, one].sort((a, b) => (until(a) === until(b) ? 0 : until(a) - until(b)) || a.id - b.id);
}

/** Take in one event; one that was seen already changes nothing. */
export function apply(snapshot: Snapshot, event: DeskEvent): Snapshot {
  if (event.id <= snapshot.cursor) return snapshot;
  if (event.kind.startsWith("silence."))
    return { ...snapshot, cursor: event.id, silences: withSilence(snapshot.silences, event.payload as unknown as Silence) };
  if (event.kind.startsWith("flood.")) {
    const flood = event.payload as unknown as Flood;
    const others = snapshot.floods.filter((one) => one.id !== flood.id);
    return { ...snapshot, cursor: event.id, floods: flood.ended_at === null ? [...others, flood] : others };
  }
  const alarm = carried(event);
  if (!alarm) return { ...snapshot, cursor: event.id };
  return { ...withAlarm(snapshot, alarm), cursor: event.id, recent: withRecent(snapshot.recent, alarm) };
}

const RECENT_MS = 600_000;
const AHEAD_MS = 5000;

/** Count an alarm among the recent ones unless it is silenced; a page that is open for days keeps no more. */
function withRecent(recent: Recent[], alarm: Alarm): Recent[] {
  const others = recent.filter((one) => one.id !== alarm.id);
  if (silenced(alarm)) return others;
  const all = [...others, { id: alarm.id, mine: alarm.mine, at: alarm.committed_at }];
  // The one that came last, not the one of the latest time: the server's clock may have been set back since.
  const last = all.reduce((one, other) => (other.id > one.id ? other : one));
  const from = Date.parse(last.at) - RECENT_MS;
  return all.filter((one) => Date.parse(one.at) > from).sort((a, b) => micros(a.at) - micros(b.at) || a.id - b.id);
}

/** How many alarms came in the last ten minutes. */
export function load(snapshot: Snapshot, now: number): number {
  const ages = snapshot.recent.map((one) => now - Date.parse(one.at));
  return ages.filter((age) => age < RECENT_MS && age >= -AHEAD_MS).length;
}

/** In a flood alarms that are neither critical nor high fold into a counter. */
export function folds(snapshot: Snapshot, alarm: Alarm): boolean {
  const lesser = alarm.severity === "medium" || alarm.severity === "low";
  return lesser && snapshot.floods.some((flood) => flood.mine === alarm.mine);
}

/** How an alarm came to ask for an answer. */
export type News = "new_alarm" | "asks_again" | "became_worse";

/** The alarms that ask for an answer and did not before, or not so urgently; in the order that is shown. */
export function asksAnew(before: Snapshot, after: Snapshot): { alarm: Alarm; how: News }[] {
  const known = new Map(before.alarms.map((alarm) => [alarm.id, alarm]));
  const how = (alarm: Alarm): News | null => {
    const old = known.get(alarm.id);
    if (!unanswered(alarm) || folds(after, alarm)) return null;
    if (!old) return "new_alarm";
    if (!unanswered(old)) return "asks_again";
    return RANK[alarm.severity] < RANK[old.severity] ? "became_worse" : null;
  };
  return after.alarms.flatMap((alarm) => {
    const news = how(alarm);
    return news ? [{ alarm, how: news }] : [];
  });
}

export type Asks = "nothing" | "cameras" | "snapshot";

/** What an event asks for that it does not carry itself. */
export function asksFor(event: DeskEvent): Asks {
  // Whether people are reached is worked out from the log of messages: the event is only its bell.
  if (event.kind.startsWith("notify.")) return "snapshot";
  if (event.kind === "resync" || event.kind === "camera.created" || event.kind === "camera.changed")
    return "snapshot";
  return event.kind.startsWith("camera.") ? "cameras" : "nothing";
}

/** Take in what the server now says of cameras' health. */
export function withHealth(snapshot: Snapshot, found: { id: number; health: Health }[]): Snapshot {
  const health = new Map(found.map((camera) => [camera.id, camera.health]));
  const cameras = snapshot.cameras.map((camera) => ({
    ...camera,
    health: health.get(camera.id) ?? camera.health,
  }));
  return { ...snapshot, cameras };
}

/** Whether both lists name the same cameras. */
export function sameCameras(snapshot: Snapshot, found: { id: number }[]): boolean {
  const known = new Set(snapshot.cameras.map((camera) => camera.id));
  return known.size === found.length && found.every((camera) => known.has(camera.id));
}

/** Older than this no picture is a view of the present. */
export const STALE_MS = 10_000;

export interface Sight {
  state: "protecting" | "idle" | "blind" | "off";
  because: string;
  /** Since when it is so, as an ISO time or Unix milliseconds; null when nobody knows. */
  since: string | number | null;
  reason: string;
}

/** Older than this the server's word about a camera is not believed; it is asked every ten seconds. */
export const UNSAID_MS = 35_000;

/**
 * Judge a camera by what the server said and by the age of the picture that is on the screen: the
 * worse of the two counts, so a line that went dead never leaves a nice old picture standing.
 * `watchedSince` is null where no picture is on the screen; then the age of the server's word counts.
 */
export function sight(camera: Camera, pictureAt: number | null, now: number, watchedSince: number | null, saidAt = now): Sight {
  const health = camera.health;
  if (!camera.enabled || health.state === "off") return { state: "off", because: "", since: null, reason: "" };
  const watched = health.streams.find((row) => row.stream === "sub") ?? health.streams[0];
  if (health.state === "blind") {
    const ofStream = watched !== undefined && watched.state === health.because;
    const fault = health.faults?.find((row) => row.fault === health.because);
    const told = fault ? fault.since * 1000 : null;
    const since = ofStream ? watched.since : health.because === "stale" ? (health.analysed_until ?? pictureAt) : told;
    return { state: "blind", because: health.because, since, reason: ofStream ? watched.reason : "" };
  }
  const sees: Sight = { state: health.state === "idle" ? "idle" : "protecting", because: "", since: null, reason: "" };
  if (watchedSince === null)
    return now - saidAt > UNSAID_MS
      ? { state: "blind", because: "stale", since: saidAt, reason: "" }
      : sees;
  if (pictureAt !== null && now - pictureAt > STALE_MS)
    return { state: "blind", because: "stale", since: pictureAt, reason: "" };
  if (pictureAt === null && now - watchedSince > STALE_MS)
    return { state: "blind", because: "stale", since: health.analysed_until, reason: "" };
  return sees;
}

/** Which machine an alarm is about: as its reason calls it, else by its id. */
export function machineOf(values: Record<string, unknown>): string {
  const phrases = (values["phrases"] ?? []) as [string, Record<string, unknown>][];
  return String(phrases.find(([, given]) => given["machine"])?.[1]["machine"] ?? values["machine"] ?? "");
}
