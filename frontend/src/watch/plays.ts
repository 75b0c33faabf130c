// What this browser plays: the server cannot know it, as HEVC depends on the computer too.

import type { StreamFacts } from "./config";

/** HEVC as cameras send it: Main profile, level 4. Named without them, browsers refuse it. */
const HEVC = 'video/mp4; codecs="hvc1.1.6.L120.90"';

export function plays(stream: Pick<StreamFacts, "codec" | "plays">): boolean {
  if (stream.plays) return true;
  return stream.codec === "hevc" && typeof MediaSource !== "undefined" && MediaSource.isTypeSupported(HEVC);
}

/** The wanted stream, or the other one where this browser plays only that. */
export function playable(streams: Record<string, StreamFacts>, wanted: string, other: string): string {
  const [one, two] = [streams[wanted], streams[other]];
  return one && !plays(one) && two && plays(two) ? other : wanted;
}
