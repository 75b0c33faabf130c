// Follows the server: takes in its events, and asks for what they do not carry. No page in here.

import { apply, asksFor, sameCameras, withHealth, type Asks, type DeskEvent, type Health, type Snapshot } from "./state";

export interface Server {
  snapshot: () => Promise<Snapshot>;
  cameras: () => Promise<{ id: number; health: Health }[]>;
  /** Let some time pass before a snapshot that did not come is asked for again. */
  pause: () => Promise<void>;
}

export class Follow {
  /** What came while a snapshot is under way: perhaps it is not in it. */
  private meanwhile: DeskEvent[] | null = null;
  private snapshotAgain = false;
  private asking = false;
  private camerasAgain = false;

  constructor(
    public snapshot: Snapshot,
    private readonly server: Server,
    private readonly onFresh: (what: "snapshot" | "cameras") => void,
  ) {}

  /** Take in events and ask for the rest; returns those that were new. */
  hear(events: DeskEvent[]): DeskEvent[] {
    const heard = events.filter((event) => {
      if (event.id <= this.snapshot.cursor) return false;
      this.snapshot = apply(this.snapshot, event);
      this.meanwhile?.push(event);
      return true;
    });
    const asks = new Set<Asks>(heard.map(asksFor));
    if (asks.has("snapshot")) void this.resync();
    else if (asks.has("cameras")) void this.refresh();
    return heard;
  }

  /** Take a whole snapshot. Asked for while one is under way, another follows: that one may be too old. */
  async resync(): Promise<void> {
    this.snapshotAgain = true;
    if (this.meanwhile) return;
    while (this.snapshotAgain) {
      this.snapshotAgain = false;
      this.meanwhile = [];
      try {
        const fresh = await this.server.snapshot();
        this.snapshot = this.meanwhile.reduce(apply, fresh);
        this.camerasAgain = this.asking; // what comes of it was perhaps read before this
        this.onFresh("snapshot");
      } catch {
        this.snapshotAgain = true;
        await this.server.pause();
      }
    }
    this.meanwhile = null;
  }

  /** Ask how the cameras are; asked for meanwhile, once more after it. */
  async refresh(): Promise<void> {
    this.camerasAgain = true;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.camerasAgain) {
        this.camerasAgain = false;
        const found = await this.server.cameras();
        if (sameCameras(this.snapshot, found)) this.snapshot = withHealth(this.snapshot, found);
        else void this.resync();
        this.onFresh("cameras");
      }
    } catch {
      // They are asked every ten seconds; the line's own banner tells it, and pictures grow old.
    } finally {
      this.asking = false;
    }
  }
}
