// What the template gives the desk.

import type { Catalogue, Words } from "../common/words";
import type { ServerClock } from "../common/time";
import type { Placed, Snapshot } from "./state";

export interface Urls {
  socket: string;
  desk: string;
  events: string;
  cameras: string;
  alarm: string;
  acknowledge: string;
  reset: string;
  false: string;
  call: string;
  assign: string;
  shelve: string;
  take_out: string;
  agree: string;
  end_silence: string;
  desk_name: string;
  page: string;
  snapshot: string;
  tile: string;
  watch: string;
  clip: string;
  play: string;
  boxes: string;
  download: string;
  routes: string;
  login: string;
}

export interface DeskData {
  me: string;
  desk: string;
  /** Who works in each mine whose alarms this person may answer. */
  people: Record<string, { id: number; name: string }[]>;
  may_configure: number[];
  snapshot: Snapshot;
  may_watch: number[];
  now: string;
  urls: Urls;
  strings: Catalogue;
}

export interface Tools {
  urls: Urls;
  words: Words;
  clock: ServerClock;
  /** Say where something is, with its mine where the desk shows several. */
  where: (one: Placed) => string;
}

/** Put a row's number into an address that was made for row 0. */
export function at(url: string, id: number): string {
  return url.replace("/0/", `/${id}/`);
}

/** Put a clip's id into an address that was made for nobody's. */
export function atClip(url: string, id: string): string {
  return url.replace("00000000-0000-0000-0000-000000000000", id);
}
