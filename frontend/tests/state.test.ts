import { describe, expect, it } from "vitest";
import { apply, asksAnew, asksFor, compare, folds, isWatched, load, machineOf, neighbour, sight, urgent, withAlarm, withHealth, withSilence, type Alarm, type Camera, type DeskEvent, type Flood, type Silence, type Snapshot } from "../src/desk/state";

function alarm(id: number, changes: Partial<Alarm> = {}): Alarm {
  return {
    id, mine: 1, timezone: "UTC", mine_name: "Lamp Hill", area: "Winch house", camera: 1, camera_name: "Drum", rule: "r1",
    rule_type: "proximity_while_running", state: "unacknowledged", level: "danger", severity: "high", active: true,
    raised_at: "2026-03-04T12:00:00+00:00", last_seen_at: "2026-03-04T12:00:00+00:00", cleared_at: null,
    acknowledged_at: null, acknowledged_by: null, asked_at: null, told: 0, escalates_at: null, escalates_to: "", assigned_to: null, verdict: "", finding: "", mark: "1/critical/danger", chatter: {}, count: 1, why: "", values: {}, boxes: [], zone: [], picture: {},
    scene_version: 1, committed_at: "2026-03-04T12:00:01+00:00", clips: [], ...changes,
  };
}

function camera(id: number, changes: Partial<Camera["health"]> = {}): Camera {
  const streams = [{ stream: "main", state: "recording", reason: "", since: "2026-03-04T11:00:00+00:00" }];
  return {
    id, mine: 1, timezone: "UTC", mine_name: "Lamp Hill", area: "Winch house", name: "Drum", enabled: true,
    health: { state: "protecting", because: "", streams, analysed_until: null, ...changes },
  };
}

function event(id: number, kind: string, payload: unknown): DeskEvent {
  return { id, mine: 1, kind, at: "", payload: payload as Record<string, unknown> };
}

const EMPTY: Snapshot = { cursor: 0, alarms: [], silences: [], floods: [], recent: [], cameras: [camera(1)], calls: { down: [], uncalled: [] }, mines: [1], may_acknowledge: [1] };

describe("whether anybody watches an alarm", () => {
  const cameras = [{ ...camera(1), enabled: false }, camera(2)];

  it("is so while its camera is on, or one that sees it still", () => {
    const seen = (one: boolean, other: boolean) =>
      alarm(1, { witnesses: [{ camera: 1, camera_name: "a", active: one }, { camera: 2, camera_name: "b", active: other }] });
    expect(isWatched(alarm(1, { camera: 2 }), cameras)).toBe(true);
    expect(isWatched(seen(true, true), cameras)).toBe(true);
    expect(isWatched(seen(false, true), cameras)).toBe(true);
  });

  it("is not so when its camera is off, and no other one sees it still", () => {
    const left = [{ camera: 1, camera_name: "a", active: true }, { camera: 2, camera_name: "b", active: false }];
    expect(isWatched(alarm(1), cameras)).toBe(false);
    expect(isWatched(alarm(1, { witnesses: left }), cameras)).toBe(false);
  });
});

describe("the queue", () => {
  it("puts unanswered before answered, worse before lesser, newer before older", () => {
    const order = [
      alarm(7, { state: "shelved", severity: "critical" }),
      alarm(8, { state: "latched", severity: "high" }),
      alarm(1, { state: "acknowledged", severity: "critical" }),
      alarm(2, { severity: "low", raised_at: "2026-03-04T12:00:05+00:00" }),
      alarm(3, { severity: "critical", raised_at: "2026-03-04T11:00:00+00:00", state: "returned" }),
      alarm(4, { severity: "critical", raised_at: "2026-03-04T11:00:00.000001+00:00" }),
      alarm(5, { severity: "medium" }),
      alarm(6, { severity: "medium" }),
    ].sort(compare);
    expect(order.map((one) => one.id)).toEqual([4, 3, 6, 5, 2, 1, 8, 7]);
  });

  it("takes an alarm in, changes it, and lets it go when it is closed", () => {
    let state = apply(EMPTY, event(1, "alarm.raised", alarm(1)));
    expect(state.alarms.map((one) => one.id)).toEqual([1]);
    state = apply(state, event(2, "alarm.updated", alarm(1, { count: 2 })));
    expect(state.alarms[0]?.count).toBe(2);
    state = apply(state, event(3, "alarm.acknowledged", alarm(1, { state: "closed" })));
    expect(state.alarms).toEqual([]);
    expect(state.cursor).toBe(3);
  });

  it("does not open an alarm again because its clip got ready", () => {
    const state = apply(EMPTY, event(1, "clip.ready", { clip: "x", alarm: alarm(1, { state: "closed" }) }));
    expect(state.alarms).toEqual([]);
  });

  it("changes nothing, not even the object, when an event comes twice", () => {
    const once = apply(EMPTY, event(1, "alarm.raised", alarm(1)));
    expect(apply(once, event(1, "alarm.raised", alarm(1)))).toBe(once);
  });

  it("never changes the snapshot it was given", () => {
    const frozen = Object.freeze({ ...EMPTY, alarms: Object.freeze([]) as unknown as Alarm[] });
    expect(() => apply(frozen, event(1, "alarm.raised", alarm(1)))).not.toThrow();
  });

  it("moves the cursor on for what it does not know", () => {
    expect(apply(EMPTY, event(9, "signal.changed", {})).cursor).toBe(9);
  });
});

describe("the silences", () => {
  function silence(id: number, changes: Partial<Silence> = {}): Silence {
    return {
      id, mine: 1, mine_name: "Lamp Hill", timezone: "UTC", area: "Winch house", camera: 1, camera_name: "Drum", rule: "r2",
      rule_type: "loitering", kind: "shelved", reason: "repair", asked_by: "chen", asked_at: "2026-03-04T12:00:00+00:00",
      needs_second: false, agreed_by: null, since: "2026-03-04T12:00:00+00:00", until: "2026-03-04T13:00:00+00:00",
      ended_at: null, end: "", ...changes,
    };
  }

  it("are listed with the first to end first, and permits last, until they end", () => {
    const events = [
      event(1, "silence.began", silence(1, { kind: "suppressed", until: null })),
      event(2, "silence.began", silence(2, { until: "2026-03-04T14:00:00+00:00" })),
      event(3, "silence.asked", silence(3, { since: null, needs_second: true })),
    ];
    const state = events.reduce(apply, EMPTY);
    expect(state.silences.map((one) => one.id)).toEqual([3, 2, 1]);
    const after = apply(state, event(4, "silence.ended", silence(3, { ended_at: "2026-03-04T12:10:00+00:00" })));
    expect(after.silences.map((one) => one.id)).toEqual([2, 1]);
    expect(after.cursor).toBe(4);
  });
});

describe("a flood", () => {
  const NOW = Date.parse("2026-03-04T12:00:01Z");
  const flood = { id: 1, mine: 1, since: "2026-03-04T12:00:00+00:00", ended_at: null };

  it("folds lesser alarms of its mine and never a high one, until it ends", () => {
    const state = apply(EMPTY, event(1, "flood.began", flood));
    const folded = (["critical", "high", "medium", "low"] as const).map((severity) => folds(state, alarm(1, { severity })));
    expect(folded).toEqual([false, false, true, true]);
    expect(folds(state, alarm(1, { severity: "low", mine: 2 }))).toBe(false);
    const after = apply(state, event(2, "flood.ended", { ...flood, ended_at: "2026-03-04T12:30:00+00:00" }));
    expect(folds(after, alarm(1, { severity: "low" }))).toBe(false);
  });

  it("keeps no alarm for longer than ten minutes, however long the page is open", () => {
    const at = (minute: number): string => `2026-03-04T12:${String(minute).padStart(2, "0")}:00+00:00`;
    const all = [0, 1, 11].map((minute, n) => event(n + 1, "alarm.raised", alarm(n + 1, { committed_at: at(minute) })));
    expect(all.reduce(apply, EMPTY).recent.map((one) => one.id)).toEqual([3]);
  });

  it("is not of a future that the server's clock took back, and counts what comes since", () => {
    const at = (hour: number): string => `2026-03-04T${hour}:00:00+00:00`;
    const state = [13, 13, 12].map((hour, n) => event(n + 1, "alarm.raised", alarm(n + 1, { committed_at: at(hour) }))).reduce(apply, EMPTY);
    expect(load(state, NOW)).toBe(1);
  });

  it("is counted by what came in the last ten minutes, and not by what asks nobody", () => {
    const state = [
      event(1, "alarm.raised", alarm(1)),
      event(2, "alarm.raised", alarm(2, { state: "shelved" })),
      event(3, "alarm.raised", alarm(3, { committed_at: "2026-03-04T11:49:00+00:00" })),
    ].reduce(apply, EMPTY);
    expect(load(state, NOW)).toBe(1);
  });
});

describe("snapshot and events", () => {
  // A small life of many alarms; a fresh snapshot at any moment is the fold of all events until then.
  function random(seed: number): () => number {
    let value = seed;
    return () => ((value = (value * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648);
  }

  const pick = <T>(next: () => number, of: readonly T[]): T => of[Math.floor(next() * of.length)]!;

  function silenceOf(id: number, next: () => number): Silence {
    return {
      id, mine: 1, mine_name: "Lamp Hill", timezone: "UTC", area: "Winch house", camera: 1, camera_name: "Drum", rule: "r2",
      rule_type: "loitering", kind: "shelved", reason: "repair", asked_by: "chen", asked_at: "", needs_second: false, agreed_by: null,
      since: "2026-03-04T12:00:00+00:00", until: new Date(1.7e12 + Math.floor(next() * 9) * 1000).toISOString(), ended_at: null, end: "",
    };
  }

  function life(seed: number): DeskEvent[] {
    const next = random(seed);
    const alive = new Map<number, Alarm>();
    const silences = new Map<number, Silence>();
    let flood: Flood | null = null;
    const events: DeskEvent[] = [];
    for (let id = 1; id <= 200; id++) {
      const turn = next();
      if (turn < 0.08) {
        const known = pick(next, [...silences.values(), null]);
        const one = known ? { ...known, ended_at: "2026-03-04T13:00:00+00:00" } : silenceOf(id, next);
        if (known) silences.delete(one.id);
        else silences.set(one.id, one);
        events.push(event(id, known ? "silence.ended" : "silence.began", one));
        continue;
      }
      if (turn < 0.12) {
        const ends: Flood | null = flood;
        const one: Flood = ends ? { ...ends, ended_at: "2026-03-04T13:00:00+00:00" } : { id, mine: 1, since: "2026-03-04T12:00:00+00:00", ended_at: null };
        flood = ends ? null : one;
        events.push(event(id, ends ? "flood.ended" : "flood.began", one));
        continue;
      }
      const chosen = pick(next, [...alive.values(), null]);
      if (!chosen || turn < 0.35) {
        const severity = pick(next, ["critical", "high", "medium", "low"] as const);
        const made = alarm(id, { severity, raised_at: new Date(1.7e12 + Math.floor(next() * 50) * 1000).toISOString() });
        alive.set(made.id, made);
        events.push(event(id, "alarm.raised", made));
        continue;
      }
      const changed = { ...chosen, state: pick(next, ["acknowledged", "returned", "closed", "unacknowledged", "shelved"] as const) };
      alive.set(chosen.id, changed);
      if (changed.state === "closed") alive.delete(chosen.id);
      events.push(next() < 0.2 ? event(id, "clip.ready", { alarm: changed }) : event(id, "alarm.updated", changed));
    }
    return events;
  }

  it("equal a fresh snapshot, wherever the line broke, whatever was lost, came again, or came by an answer first", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const next = random(seed * 7919);
      const events = life(seed);
      const fresh = events.reduce(apply, EMPTY);
      let state = EMPTY;
      while (state.cursor < events.length) {
        // The server sends after the cursor, sometimes from before it, and the line breaks anywhere:
        // what was under way then is lost, and sent again.
        const from = Math.max(0, state.cursor - Math.floor(next() * 10));
        const batch = events.slice(from, from + 1 + Math.floor(next() * 20));
        const ahead = events[state.cursor];
        // What somebody did here is known by its answer before its event comes.
        if (ahead && /^alarm.updated/.test(ahead.kind) && next() < 0.5) state = withAlarm(state, ahead.payload as unknown as Alarm);
        if (ahead && /^silence/.test(ahead.kind) && next() < 0.5)
          state = { ...state, silences: withSilence(state.silences, ahead.payload as unknown as Silence) };
        for (const one of batch) state = apply(state, one);
      }
      expect(state).toEqual(fresh);
    }
  }, 60_000);

  it("equal a fresh snapshot that is taken at any moment and followed from there", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const events = life(seed);
      const cut = Math.floor(random(seed)() * events.length);
      const there = events.slice(0, cut).reduce(apply, EMPTY);
      // A snapshot holds only what is open; what came before its cursor is sent again and ignored.
      expect(events.slice(Math.max(0, cut - 30)).reduce(apply, there)).toEqual(events.reduce(apply, EMPTY));
    }
  }, 60_000);
});

describe("what an event asks for", () => {
  it("is the cameras' health, a whole snapshot, or nothing", () => {
    expect(asksFor(event(1, "camera.state", {}))).toBe("cameras");
    expect(asksFor(event(1, "camera.created", {}))).toBe("snapshot");
    expect(asksFor(event(1, "resync", {}))).toBe("snapshot");
    for (const kind of ["given_up", "restored", "broken", "route_changed"]) expect(asksFor(event(1, `notify.${kind}`, {}))).toBe("snapshot");
    expect(asksFor(event(1, "alarm.raised", {}))).toBe("nothing");
  });
});

describe("a tile", () => {
  const NOW = Date.parse("2026-03-04T12:00:00Z");

  it("protects while its picture is fresh and the server says so", () => {
    expect(sight(camera(1), NOW - 900, NOW, NOW - 60_000).state).toBe("protecting");
  });

  it("is blind when its picture is old, whatever the server said last", () => {
    const found = sight(camera(1), NOW - 11_000, NOW, NOW - 60_000);
    expect([found.state, found.because, found.since]).toEqual(["blind", "stale", NOW - 11_000]);
  });

  it("is blind when no picture ever came", () => {
    expect(sight(camera(1), null, NOW, NOW - 5000).state).toBe("protecting");
    expect(sight(camera(1), null, NOW, NOW - 11_000).state).toBe("blind");
  });

  it("is judged by the age of the server's word where its picture is not on the screen", () => {
    expect(sight(camera(1), null, NOW, null, NOW - 30_000).state).toBe("protecting");
    const found = sight(camera(1), null, NOW, null, NOW - 36_000);
    expect([found.state, found.because, found.since]).toEqual(["blind", "stale", NOW - 36_000]);
  });

  it("is blind with a fresh picture when the server says that it cannot see", () => {
    const found = sight(camera(1, { state: "blind", because: "dark" }), NOW, NOW, NOW);
    expect([found.state, found.because, found.since]).toEqual(["blind", "dark", null]);
  });

  it("says since when and why the stream is lost", () => {
    const streams = [{ stream: "main", state: "lost", reason: "refused", since: "2026-03-04T11:59:00+00:00" }];
    const found = sight(camera(1, { state: "blind", because: "lost", streams }), NOW, NOW, NOW);
    expect([found.reason, found.since]).toEqual(["refused", "2026-03-04T11:59:00+00:00"]);
  });

  it("protects nobody while it has no rule, and may be blind all the same", () => {
    const bare = camera(1, { state: "idle", because: "unruled" });
    expect(sight(bare, NOW - 900, NOW, NOW - 60_000).state).toBe("idle");
    expect(sight(bare, null, NOW, null, NOW - 30_000).state).toBe("idle");
    expect(sight(bare, NOW - 11_000, NOW, NOW - 60_000).state).toBe("blind");
  });

  it("is off, not blind, when it is switched off", () => {
    expect(sight({ ...camera(1), enabled: false }, null, NOW, 0).state).toBe("off");
  });

  it("takes new health in without touching the others", () => {
    const two = { ...EMPTY, cameras: [camera(1), camera(2)] };
    const next = withHealth(two, [{ id: 2, health: camera(2, { state: "blind", because: "lost" }).health }]);
    expect(next.cameras.map((one) => one.health.state)).toEqual(["protecting", "blind"]);
  });
});

describe("the keys that walk the queue", () => {
  const answered = alarm(9, { severity: "critical", state: "acknowledged" });
  const shown = [alarm(4, { severity: "critical" }), alarm(3), answered];

  it("go on from the last alarm at the first, and stop at the top", () => {
    expect(neighbour(shown, 4, 1, false)).toBe(3);
    expect(neighbour(shown, 9, 1, false)).toBe(4);
    expect(neighbour(shown, 3, -1, false)).toBe(4);
    expect(neighbour(shown, 4, -1, false)).toBe(4);
  });

  it("go from one that was just answered to the first that asks", () => {
    const two = [...shown, alarm(8, { state: "acknowledged" })];
    expect(neighbour(two, 9, 1, true)).toBe(4);
    expect(neighbour(two, 9, 1, false)).toBe(8);
    expect(neighbour(two, 9, -1, true)).toBe(3);
    expect(neighbour([answered, alarm(8, { state: "acknowledged" })], 9, 1, true)).toBe(8);
  });

  it("go from one that is gone to the first that asks, though the order is held", () => {
    expect(neighbour([answered, alarm(3)], 7, 1, true)).toBe(3);
    expect(neighbour([answered], 7, 1, true)).toBe(9);
    expect(neighbour([], 7, 1, false)).toBeNull();
  });
});

describe("an alarm that cannot wait", () => {
  it("is critical or high and asks for an answer", () => {
    expect(["critical", "high", "medium", "low"].map((severity) => urgent(alarm(1, { severity: severity as Alarm["severity"] })))).toEqual([true, true, false, false]);
    expect(urgent(alarm(1, { severity: "critical", state: "acknowledged" }))).toBe(false);
    expect(urgent(alarm(1, { severity: "critical", state: "returned" }))).toBe(true);
  });
});

describe("an alarm's machine", () => {
  it("is called as the reason calls it, else by its id", () => {
    const values = { machine: "winch-1", phrases: [["1 person in %(zone)s", { zone: "Drum" }], ["", { machine: "Winch 1" }]] };
    expect(machineOf(values)).toBe("Winch 1");
    expect(machineOf({ machine: "winch-1" })).toBe("winch-1");
  });
});

describe("what is read out", () => {
  const of = (...alarms: Alarm[]): Snapshot => ({ ...EMPTY, alarms: alarms.sort(compare) });
  const told = (before: Snapshot, after: Snapshot): [number, string][] => asksAnew(before, after).map(({ alarm, how }) => [alarm.id, how]);

  it("is every alarm that is new, of several at once the worst first", () => {
    expect(told(EMPTY, of(alarm(1, { severity: "low" }), alarm(2, { severity: "critical" }), alarm(3)))).toEqual([
      [2, "new_alarm"], [3, "new_alarm"], [1, "new_alarm"],
    ]);
  });

  it("is an answered one that asks again, and one that became worse", () => {
    const before = of(alarm(1, { state: "acknowledged" }), alarm(2, { severity: "medium" }), alarm(3, { state: "shelved" }));
    const after = of(alarm(1, { state: "returned" }), alarm(2, { severity: "critical" }), alarm(3));
    expect(told(before, after)).toEqual([[2, "became_worse"], [3, "asks_again"], [1, "asks_again"]]);
  });

  it("is nothing that was told, that asks nobody, or that folds in a flood", () => {
    const before = of(alarm(1), alarm(2, { severity: "critical" }));
    expect(told(before, of(alarm(1, { count: 2 }), alarm(2, { severity: "high" })))).toEqual([]);
    expect(told(EMPTY, of(alarm(1, { state: "shelved" }), alarm(2, { state: "acknowledged" })))).toEqual([]);
    const flood: Flood = { id: 1, mine: 1, since: "2026-03-04T12:00:00+00:00", ended_at: null };
    expect(told(EMPTY, { ...of(alarm(1, { severity: "low" }), alarm(2)), floods: [flood] })).toEqual([[2, "new_alarm"]]);
  });
});
