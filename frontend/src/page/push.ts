// Switches push messages on in this browser. Nothing is asked of the browser before the button is
// pressed; what is sent goes through the service of the browser's maker.

import { data } from "../common/dom";
import { json } from "../common/http";

interface Config {
  key: string; // the server's public key, base64url
  mines: number[];
  known: string[]; // SHA-256 of the addresses of this person's browsers, in hex
}

const DEVICES = "/api/v1/notifications/devices/";

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

/** Name the browser so that its owner knows it again: "Chrome, Android". */
export function deviceName(agent: string): string {
  const browser = /Edg(?=\/)|OPR|Firefox|Chrome(?!.*(Edg|OPR))|Safari(?!.*(Edg|OPR))/.exec(agent)?.[0] ?? "";
  const names: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(agent)?.[0] ?? "";
  return [names[browser] ?? browser, system].filter(Boolean).join(", ") || "–";
}

/** Tell whether the server tells this person by this address: it may be another's, or be forgotten there. */
export async function isKnown(endpoint: string, known: string[]): Promise<boolean> {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  const hex = [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return known.includes(hex);
}

async function subscribe(config: Config): Promise<void> {
  const worker = await navigator.serviceWorker.register("/worker.js");
  await navigator.serviceWorker.ready;
  const before = await worker.pushManager.getSubscription();
  const options = { userVisibleOnly: true, applicationServerKey: bytes(config.key) };
  const found = before ?? (await worker.pushManager.subscribe(options));
  const told = found.toJSON();
  for (const mine of config.mines) {
    await json(DEVICES, "POST", {
      mine, endpoint: told.endpoint, keys: told.keys, device: deviceName(navigator.userAgent),
    });
  }
}

/** Send the browser's address along with who signs in or out: whoever leaves is told nothing here any more. */
export async function changeHands(forms: Iterable<HTMLFormElement>): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration("/");
  const there = await registration?.pushManager.getSubscription();
  if (!there) return;
  for (const form of forms) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "push_endpoint", value: there.endpoint });
    form.append(field);
  }
}

/** Make the box of the page about notifications work. */
export async function push(box: HTMLElement): Promise<void> {
  const state = box.querySelector("[data-push-state]");
  const button = box.querySelector("button");
  if (!state || !button) return;
  const say = (name: string, more = ""): void => {
    state.textContent = `${box.dataset[name] ?? ""} ${more}`.trim();
  };
  box.hidden = false;
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    button.hidden = true;
    say("missing");
    return;
  }
  const registration = await navigator.serviceWorker.getRegistration("/");
  const there = await registration?.pushManager.getSubscription();
  const on = there && (await isKnown(there.endpoint, data<Config>("push-config").known));
  say(Notification.permission === "denied" ? "denied" : on ? "on" : "off");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const allowed = await Notification.requestPermission();
      if (allowed === "granted") {
        await subscribe(data<Config>("push-config"));
        window.location.reload();
      } else say("denied");
    } catch (error) {
      say("failed", error instanceof Error ? error.message : String(error));
    } finally {
      button.disabled = false;
    }
  });
}
