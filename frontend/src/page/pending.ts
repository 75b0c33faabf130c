// What is being made is followed in its place. To load the whole page anew every few seconds would take
// whoever hears it, or fills in a form on it, back to its start each time.

const TIMEOUT_MS = 8000;

/** Whether somebody is filling in a form: then the page must not be loaded anew under their hands. */
function begun(): boolean {
  const fields = [...document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("main :is(input:not([type=hidden]), textarea)")];
  return fields.some((field) => field === document.activeElement || field.value !== field.defaultValue);
}

/** Draw anew what changed, and nothing else: what is said once is not read out again. */
function draw(place: HTMLElement, found: HTMLElement): void {
  const [shown, fresh] = [[...place.children], [...found.children]];
  if (shown.length !== fresh.length) place.replaceChildren(...fresh);
  else fresh.forEach((node, at) => node.outerHTML === shown[at]!.outerHTML || shown[at]!.replaceWith(node));
}

/**
 * Ask every `data-pending` seconds how far it is, at `data-at` or at the page's own address. Once the
 * answer follows nothing any more, it is the page to load.
 */
export function follow(place: HTMLElement, prepare: (root: ParentNode) => void): void {
  const address = place.dataset["at"] ?? window.location.href.split("#")[0]!;
  const load = async (): Promise<void> => {
    const response = await fetch(address, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status >= 500) return; // the server is away, or comes back just now
    const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector<HTMLElement>("[data-pending]");
    if (found) {
      prepare(found);
      draw(place, found);
    } else if (!begun()) window.location.replace(address);
  };
  const loop = (): void => void load().catch(() => undefined).finally(() => setTimeout(loop, Number(place.dataset["pending"]) * 1000));
  setTimeout(loop, Number(place.dataset["pending"]) * 1000);
}
