// Parts of a page that are asked for again and again, and greyed while nobody confirms them.

const TIMEOUT_MS = 8000;

/**
 * Ask for a part of the page again and again while it is looked at; drawn anew only when it changed.
 * Where the part holds others (data-part) the answer has one for each of them by its name, and no more is drawn.
 */
export function keepFresh(part: HTMLElement, prepare: (root: ParentNode) => void): void {
  const places = [...part.querySelectorAll<HTMLElement>("[data-part]")];
  const shown = new Map<HTMLElement, string>();
  const put = (place: HTMLElement, found: HTMLElement | null): void => {
    place.classList.toggle("old", !found);
    const text = found?.innerHTML ?? "";
    if (!found || text === shown.get(place)) return;
    shown.set(place, text);
    prepare(found);
    place.replaceChildren(...found.childNodes);
  };
  const load = async (): Promise<void> => {
    if (document.hidden) throw new Error("hidden"); // whoever comes back must not take the old for the new
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(part.dataset["fresh"] ?? "", { cache: "no-store", credentials: "same-origin", signal });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const found = new DOMParser().parseFromString(await response.text(), "text/html").body;
    if (!places.length) put(part, found);
    for (const place of places) put(place, found.querySelector(`[data-part="${place.dataset["part"]}"]`));
  };
  const fail = (): void => {
    for (const place of places.length ? places : [part]) put(place, null);
  };
  const loop = (): void => void load().catch(fail).finally(() => setTimeout(loop, Number(part.dataset["every"]) * 1000));
  loop();
}
