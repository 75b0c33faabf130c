// The wall: a tile for each camera that has something to say, with the age of its picture. A picture that
// is old, or whose camera cannot see, is never shown as a view of the present.

import { arrange, el, setAttribute, setText } from "../common/dom";
import { say, sayAge } from "../common/time";
import { inTurn } from "../common/turns";
import { at, type Tools } from "./config";
import { sight, type Camera, type Sight } from "./state";

const EVERY_MS = 1000;
const TIMEOUT_MS = 6000;
// So few cameras are all shown.
const FEW = 6;
// What has nothing more to say keeps its place for so long.
const LINGER_MS = 20_000;
const KEY = "davy.wall";

class Tile {
  readonly place: HTMLElement;
  /** Until when it keeps its place on the wall. */
  speaksUntil = 0;
  found: Sight = { state: "protecting", because: "", since: null, reason: "" };
  private readonly image: HTMLImageElement;
  private readonly word: HTMLElement;
  private readonly reason: HTMLElement;
  private readonly since: HTMLElement;
  private readonly age: HTMLElement;
  private readonly name: HTMLElement;
  private pictureAt: number | null = null;
  private address = "";
  private asking = false;
  private watchedSince: number | null = null;

  constructor(
    public camera: Camera,
    private readonly tools: Tools,
  ) {
    const { t } = tools.words;
    this.image = el("img", { alt: t("tile_alt", { camera: camera.name }), hidden: true });
    this.word = el("strong");
    this.reason = el("span");
    this.since = el("span");
    this.name = el("a", { class: "tile-name", href: `${tools.urls.watch}?camera=${camera.id}` });
    this.age = el("span", { class: "tile-age" });
    this.place = el(
      "article",
      { class: "tile", "data-camera": camera.id },
      el("div", { class: "tile-picture" }, this.image, el("div", { class: "tile-word" }, this.word, this.reason, this.since)),
      el("div", { class: "tile-foot" }, this.name, this.age),
    );
  }

  get visible(): boolean {
    return this.watchedSince !== null;
  }

  /** Say whether it is on the screen: only there its picture is fetched, and its age counts. */
  see(visible: boolean): void {
    if (visible === this.visible) return;
    this.watchedSince = visible ? this.tools.clock.now() : null;
    if (visible) void this.load();
    else this.forget();
  }

  private forget(): void {
    this.pictureAt = null;
    this.image.hidden = true;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }

  /** Judge the camera by what the server said at a time, and by its picture where that is seen. */
  judge(now: number, saidAt: number): Sight {
    this.found = sight(this.camera, this.pictureAt, now, this.watchedSince, saidAt);
    return this.found;
  }

  /** Fill the tile; called twice a second, and whenever the camera's health changes. */
  draw(now: number): void {
    const { t, code } = this.tools.words;
    const { found } = this;
    setAttribute(this.place, "class", `tile ${found.state}`);
    setText(this.name, `${this.tools.where(this.camera)} · ${this.camera.name}`);
    setAttribute(this.name, "title", t("watch_live", { camera: `${this.camera.mine_name} · ${this.camera.area} · ${this.camera.name}` }));
    const age = this.pictureAt === null ? t("waiting_picture") : sayAge(now - this.pictureAt);
    if (found.state === "protecting" || found.state === "idle") {
      setText(this.age, `${t(`${found.state}_word`)} · ${age}`);
      return;
    }
    setText(this.word, t(found.state === "off" ? "off_word" : "blind_word"));
    setText(this.reason, found.because ? code("blind", found.because) : "");
    setText(this.since, found.since === null ? "" : t("blind_since", { time: say(found.since, this.camera.timezone, now) }));
    this.word.parentElement!.title = found.reason;
    setText(this.age, this.pictureAt === null ? age : t("last_picture", { time: say(this.pictureAt, this.camera.timezone, now) }));
  }

  private get wanted(): boolean {
    return this.visible && !document.hidden && this.camera.enabled;
  }

  /** Fetch the newest picture, in turn with the other tiles; one question at a time. */
  async load(): Promise<void> {
    if (this.asking || !this.wanted) return;
    this.asking = true;
    await inTurn(() => this.fetch());
    this.asking = false;
  }

  private async fetch(): Promise<void> {
    if (!this.wanted) return; // no longer, once its turn came
    try {
      const url = at(this.tools.urls.tile, this.camera.id);
      const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      const taken = Number(response.headers.get("X-Picture-Time"));
      if (response.status !== 200 || !taken) return;
      const address = URL.createObjectURL(await response.blob());
      if (!this.visible) {
        URL.revokeObjectURL(address);
        return;
      }
      this.image.src = address;
      await this.image.decode().catch(() => undefined);
      if (this.address) URL.revokeObjectURL(this.address);
      this.address = address;
      this.image.hidden = false;
      this.pictureAt = taken * 1000;
    } catch {
      // The age on the tile tells it.
    }
  }

  drop(): void {
    this.forget();
    this.place.remove();
  }
}

export class Wall {
  private readonly tiles = new Map<number, Tile>();
  private speaking: ReadonlySet<number> = new Set();
  private saidAt: number;
  private all = localStorage.getItem(KEY) === "all";
  private readonly seen = new IntersectionObserver((entries) => {
    for (const entry of entries)
      this.tiles.get(Number((entry.target as HTMLElement).dataset["camera"]))?.see(entry.isIntersecting);
  });

  constructor(
    private readonly place: HTMLElement,
    private readonly quiet: HTMLElement,
    private readonly tools: Tools,
  ) {
    this.saidAt = tools.clock.now();
    window.setInterval(() => this.load(), EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.load());
  }

  /** Take in what the server says of the cameras now. */
  show(cameras: Camera[]): void {
    this.saidAt = this.tools.clock.now();
    const wanted = new Set(cameras.map((camera) => camera.id));
    for (const [id, tile] of this.tiles) {
      if (wanted.has(id)) continue;
      this.seen.unobserve(tile.place);
      tile.drop();
      this.tiles.delete(id);
    }
    for (const camera of cameras) {
      const known = this.tiles.get(camera.id);
      if (known) known.camera = camera;
      else this.add(camera);
    }
    this.draw();
  }

  /** Say which cameras see what an alarm is about. */
  speak(cameras: ReadonlySet<number>): void {
    const before = this.speaking;
    this.speaking = cameras;
    if (before.size !== cameras.size || [...cameras].some((camera) => !before.has(camera))) this.draw();
  }

  /** Show what has something to say, each camera always in the same order. */
  draw(): void {
    const now = this.tools.clock.now();
    const tiles = [...this.tiles.values()];
    for (const tile of tiles) {
      const blind = tile.judge(now, this.saidAt).state === "blind";
      const says = blind || this.speaking.has(tile.camera.id) || Boolean(tile.camera.health.faults?.length);
      if (says) tile.speaksUntil = now + LINGER_MS;
    }
    const few = tiles.length <= FEW;
    const shown = few || this.all ? tiles : tiles.filter((tile) => tile.speaksUntil >= now);
    for (const tile of shown) tile.draw(now);
    arrange(this.place, shown.map((tile) => tile.place));
    this.sayQuiet(few ? 0 : tiles.filter((tile) => tile.speaksUntil < now).length);
  }

  /** Say how many cameras have nothing to say, and let them be seen. */
  private sayQuiet(count: number): void {
    const key = `${count}|${this.all}`;
    if (this.quiet.dataset["key"] === key) return;
    this.quiet.dataset["key"] = key;
    this.quiet.hidden = !count;
    if (!count) return;
    const { t } = this.tools.words;
    const button = el("button", { type: "button", class: "button quiet small", "aria-expanded": String(this.all) }, t(this.all ? "wall_fold" : "wall_unfold"));
    button.addEventListener("click", () => {
      this.all = !this.all;
      localStorage.setItem(KEY, this.all ? "all" : "speaking");
      this.draw();
      this.quiet.querySelector("button")?.focus();
    });
    this.quiet.replaceChildren(el("span", {}, t("wall_quiet", { count })), button);
  }

  /** How many protect, and how many are blind, of all that should; `idle` ones have no rule. */
  count(): { protecting: number; blind: number; idle: number; all: number } {
    const tiles = [...this.tiles.values()].filter((tile) => tile.camera.enabled);
    const of = (state: string) => tiles.filter((tile) => tile.found.state === state).length;
    const idle = of("idle");
    return { protecting: of("protecting"), blind: of("blind"), idle, all: tiles.length - idle };
  }

  private add(camera: Camera): void {
    const tile = new Tile(camera, this.tools);
    this.tiles.set(camera.id, tile);
    this.seen.observe(tile.place);
  }

  private load(): void {
    for (const tile of this.tiles.values()) void tile.load();
  }
}
