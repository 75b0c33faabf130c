// What is read out to whoever does not look.

import { el } from "./dom";

// Long enough for every reader to have taken it; then whoever walks the page meets no old news.
const STAYS_MS = 10_000;

/**
 * Read something out, also to who answers a question: what lies outside of it is silent meanwhile.
 * Always a text of its own: the same words as before are news too, and no text takes another's place.
 */
export function announce(text: string): void {
  for (const place of document.querySelectorAll("[data-live]")) {
    const said = el("p", {}, text);
    place.append(said);
    window.setTimeout(() => said.remove(), STAYS_MS);
  }
}
