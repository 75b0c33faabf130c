// What the server gives the editor's page.

import type { CameraGiven } from "../watch/config";
import type { Hazard, Lies, Scene } from "./scene";

export interface Ask {
  key: string;
  kind: "text" | "number" | "integer" | "choice";
  label: string;
  help: string;
  unit: string;
  min: number;
  max: number;
  default: string | number;
  choices: Record<string, string>;
}

/** What a template adds to a list of the scene; ref: the template's own name of it. */
export interface Thing {
  ref: string;
  list: string;
  kind: string;
  id: string;
}

export interface Template {
  id: string;
  group: "scenes" | "procedures";
  title: string;
  about: string;
  asks: Ask[];
  things: Thing[];
  rules: { type: string; id: string }[];
}

export interface Proposal {
  rule: string;
  sustain_s: number;
  now_s: number;
  changes: number;
  within_s: number;
  alarms: number;
}

export interface SceneData {
  document: Scene;
  version: number;
  timezone: string;
  machines: { key: string; name: string; kind: string; here: boolean }[];
  hazards: Hazard[];
  severities: Record<string, string>;
  templates: Template[];
  camera: number;
  me: string;
  proposals: Proposal[];
  lies: Lies[];
  now: number;
  video: CameraGiven;
  urls: { frame: string; scene: string; sight: string; template: string; replays: string; login: string };
  strings: Record<string, string | Record<string, string>>;
}
