// The boxes of what a player shows: asked for in blocks of the recording, and again while the analysis
// has not come to a block's end.

import { type Box, nearest, type Picture, type Source } from "../common/boxes";
import { json } from "../common/http";

export const BLOCK_S = 20;
// So long before a block ends the next one is asked for.
const AHEAD_S = 4;
const AGAIN_MS = 1500;
const MOST_BLOCKS = 12;
// The analysis is a second or two behind a live picture: only more than this is worth a word.
const LATE_S = 3;

interface Told {
  pictures: Picture[];
  until: number | null;
}
interface Block {
  told: Told | null;
  askedAt: number;
  asking: boolean;
  fault: boolean;
}

/** What it says in the reader's language. */
export interface BoxWords {
  labels: Record<string, string>;
  fault: string;
  later: string;
}

export class Recorded implements Source {
  private readonly blocks = new Map<number, Block>();

  constructor(
    private readonly url: string,
    /** The Unix second of the video's zero. */
    private readonly origin: number,
    private readonly say: BoxWords,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get labels(): Record<string, string> {
    return this.say.labels;
  }

  ask(at_s: number, changed: () => void): void {
    const at = at_s + this.origin;
    const number = Math.floor(at / BLOCK_S);
    this.want(number, changed);
    if ((number + 1) * BLOCK_S - at < AHEAD_S) this.want(number + 1, changed);
  }

  boxes(at_s: number): Box[] {
    const at = at_s + this.origin;
    const told = this.blocks.get(Math.floor(at / BLOCK_S))?.told;
    return told ? (nearest(told.pictures, at)?.[1] ?? []) : [];
  }

  words(at_s: number): string {
    const at = at_s + this.origin;
    const block = this.blocks.get(Math.floor(at / BLOCK_S));
    if (block?.fault) return this.say.fault;
    return block?.told && (block.told.until === null || at - block.told.until > LATE_S) ? this.say.later : "";
  }

  private want(number: number, changed: () => void): void {
    const known = this.blocks.get(number);
    const end = (number + 1) * BLOCK_S;
    if (known && (known.asking || this.now() - known.askedAt < AGAIN_MS)) return;
    if (known?.told && whole(known.told, end)) return;
    const block = known ?? { told: null, askedAt: 0, asking: false, fault: false };
    block.askedAt = this.now();
    block.asking = true;
    this.blocks.delete(number); // the newest stands last
    this.blocks.set(number, block);
    for (const old of this.blocks.keys()) if (this.blocks.size > MOST_BLOCKS) this.blocks.delete(old);
    json<Told>(`${this.url}?since=${number * BLOCK_S}&until=${end}`)
      .then((told) => {
        block.told = told;
        block.fault = false;
      })
      .catch(() => (block.fault = true))
      .finally(() => {
        block.asking = false;
        changed();
        // A picture that stands still asks nothing by itself.
        if (!block.told || !whole(block.told, end)) setTimeout(changed, AGAIN_MS);
      });
  }
}

/** Whether the analysis had come to a block's end. */
function whole(told: Told, end: number): boolean {
  return told.until !== null && told.until >= end;
}
