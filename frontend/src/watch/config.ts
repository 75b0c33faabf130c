// What the template gives the player.

import type { Catalogue } from "../common/words";

export interface StreamFacts {
  codec: string;
  width: number;
  height: number;
  fps: number;
  state: string;
  reason: string;
  plays: boolean;
}

export interface CameraGiven {
  id: number;
  name: string;
  area: string;
  timezone: string;
  enabled: boolean;
  chunk_s: number;
  streams: Record<string, StreamFacts>;
  masks: [number, number][][];
  urls: { camera: string; media: string; boxes: string; timeline: string; preview: string; span: string; download: string };
}

export interface WatchGiven {
  now: number;
  at: number | null;
  timezone: string;
  may_download: boolean;
  cameras: CameraGiven[];
  alarm: string;
  login: string;
  labels: Record<string, string>;
  strings: Catalogue;
}

export interface GapFound {
  since: number;
  until: number;
  state: string;
  words: string;
  reason: string;
}

export interface AlarmFound {
  id: number;
  severity: string;
  since: number;
  until: number;
  title: string;
  why: string;
}

/** What the server tells of a stretch of time; all times in Unix seconds. */
export interface Found {
  since: number;
  until: number;
  now: number;
  recorded_from: number | null;
  recorded_until: number | null;
  recorded: [number, number][];
  gaps: GapFound[];
  motion: [number, number][];
  alarms: AlarmFound[];
  streams: Record<string, StreamFacts>;
}
