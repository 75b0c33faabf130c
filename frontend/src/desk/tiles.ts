// The wall: one tile a camera, with the age of its picture. A picture that is old, or whose camera
// cannot see, is never shown as a view of the present.

import { el, setText } from "../common/dom";
import { say, sayAge } from "../common/time";
import { at, type Tools } from "./config";
import { sight, type Camera } from "./state";

const EVERY_MS = 1000;
const TIMEOUT_MS = 6000;

class Tile {
  readonly place: HTMLElement;
  visible = false;
  private readonly image: HTMLImageElement;
  private readonly word: HTMLElement;
  private readonly reason: HTMLElement;
  private readonly since: HTMLElement;
  private readonly age: HTMLElement;
  private readonly name: HTMLElement;
  private pictureAt: number | null = null;
  private address = "";
  private asking = false;
  private readonly watchedSince: number;

  constructor(
    public camera: Camera,
    private readonly tools: Tools,
  ) {
    this.watchedSince = tools.clock.now();
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

  /** Judge and fill the tile; called twice a second, and whenever the camera's health changes. */
  draw(): void {
    const { t, code } = this.tools.words;
    const now = this.tools.clock.now();
    const found = sight(this.camera, this.pictureAt, now, this.watchedSince);
    this.place.className = `tile ${found.state}`;
    setText(this.name, `${this.camera.area} · ${this.camera.name}`);
    this.name.title = t("watch_live", { camera: `${this.camera.mine_name} · ${this.camera.area} · ${this.camera.name}` });
    const age = this.pictureAt === null ? t("waiting_picture") : sayAge(now - this.pictureAt);
    if (found.state === "protecting") {
      setText(this.age, `${t("protecting_word")} · ${age}`);
      return;
    }
    setText(this.word, t(found.state === "off" ? "off_word" : "blind_word"));
    setText(this.reason, found.because ? code("blind", found.because) : "");
    setText(this.since, found.since === null ? "" : t("blind_since", { time: say(found.since, this.camera.timezone, now) }));
    this.word.parentElement!.title = found.reason;
    setText(this.age, this.pictureAt === null ? age : t("last_picture", { time: say(this.pictureAt, this.camera.timezone, now) }));
  }

  get protecting(): boolean {
    return this.place.classList.contains("protecting");
  }

  get blind(): boolean {
    return this.place.classList.contains("blind");
  }

  /** Fetch the newest picture; one question at a time. */
  async load(): Promise<void> {
    if (this.asking || !this.visible || document.hidden || !this.camera.enabled) return;
    this.asking = true;
    try {
      const url = at(this.tools.urls.tile, this.camera.id);
      const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      const taken = Number(response.headers.get("X-Picture-Time"));
      if (response.status !== 200 || !taken) return;
      const address = URL.createObjectURL(await response.blob());
      this.image.src = address;
      await this.image.decode().catch(() => undefined);
      if (this.address) URL.revokeObjectURL(this.address);
      this.address = address;
      this.image.hidden = false;
      this.pictureAt = taken * 1000;
      this.draw();
    } catch {
      // The age on the tile tells it.
    } finally {
      this.asking = false;
    }
  }

  drop(): void {
    if (this.address) URL.revokeObjectURL(this.address);
    this.place.remove();
  }
}

export class Wall {
  private readonly tiles = new Map<number, Tile>();
  private readonly seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const tile = this.tiles.get(Number((entry.target as HTMLElement).dataset["camera"]));
      if (tile) tile.visible = entry.isIntersecting;
    }
  });

  constructor(
    private readonly place: HTMLElement,
    private readonly tools: Tools,
  ) {
    window.setInterval(() => this.load(), EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.load());
  }

  /** Show these cameras, each always in its own place. */
  show(cameras: Camera[]): void {
    const wanted = new Set(cameras.map((camera) => camera.id));
    for (const [id, tile] of this.tiles) {
      if (wanted.has(id)) continue;
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

  draw(): void {
    for (const tile of this.tiles.values()) tile.draw();
  }

  /** How many protect, how many are blind, of how many that are on. */
  count(): { protecting: number; blind: number; all: number } {
    const tiles = [...this.tiles.values()].filter((tile) => tile.camera.enabled);
    return {
      protecting: tiles.filter((tile) => tile.protecting).length,
      blind: tiles.filter((tile) => tile.blind).length,
      all: tiles.length,
    };
  }

  private add(camera: Camera): void {
    const tile = new Tile(camera, this.tools);
    this.tiles.set(camera.id, tile);
    this.place.append(tile.place);
    this.seen.observe(tile.place);
    tile.visible = true;
    void tile.load();
  }

  private load(): void {
    for (const tile of this.tiles.values()) void tile.load();
  }
}
