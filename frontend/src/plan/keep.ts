// Keeps where cameras were put: a moment after the last change, or at once when the page is left.

import { Refused } from "../common/http";
import type { Where } from "./geometry";

const WAIT_MS = 400;
const AGAIN_MS = 4000;

export interface Acts {
  where: (id: number) => Where | null;
  /** Tell the server; the request must outlive the page. */
  put: (id: number, where: Where | null) => Promise<unknown>;
  /** Say how it stands; `fault` where the server, or the way to it, refused. */
  say: (state: "saving" | "saved" | "not_saved", fault?: unknown) => void;
}

export class Keep {
  /** What was moved and is not saved yet; what the server says of these is not taken over. */
  private readonly unsaved = new Set<number>();
  private timer = 0;
  /** Whether the server was not reached: whoever leaves now loses what was moved. */
  failing = false;

  constructor(private readonly acts: Acts) {}

  has(id: number): boolean {
    return this.unsaved.has(id);
  }

  /** Save a camera's place soon: another change may follow. */
  soon(id: number): void {
    this.unsaved.add(id);
    this.acts.say("saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.send(), WAIT_MS);
  }

  /** The page is left: send everything now; nobody waits for the answers. */
  leave(): void {
    for (const id of this.unsaved) this.acts.put(id, this.acts.where(id)).catch(() => undefined);
  }

  private async send(): Promise<void> {
    for (const id of [...this.unsaved]) {
      const where = this.acts.where(id);
      try {
        await this.acts.put(id, where);
        if (JSON.stringify(this.acts.where(id)) === JSON.stringify(where)) this.unsaved.delete(id);
        this.failing = false;
        // What was moved meanwhile is sent a moment later.
        this.acts.say(this.unsaved.size ? "saving" : "saved");
      } catch (error) {
        // What the server refuses as wrong stays typed; a line that is away is tried again.
        this.failing = !(error instanceof Refused && error.status < 500);
        if (this.failing) this.timer = setTimeout(() => void this.send(), AGAIN_MS);
        else this.unsaved.delete(id);
        this.acts.say("not_saved", error);
        return;
      }
    }
  }
}
