// Where the focus goes when the form is drawn anew.

/** Where something of the form stands, as a selector that finds it in one drawn anew; "" for nowhere. */
export function standing(one: HTMLElement): string {
  const key = one.dataset["path"] ?? one.dataset["key"];
  if (key) return `[data-path="${key}"], [data-key="${key}"]`;
  const more = one.matches("summary") ? one.parentElement?.dataset["more"] : undefined;
  return more ? `[data-more="${more}"] > summary` : "";
}

/** Give the focus back to what had it; false where that is no more. */
export function takeUp(panel: HTMLElement, held: string): boolean {
  const again = held ? panel.querySelector<HTMLElement>(held) : null;
  again?.focus({ preventScroll: true });
  if (again instanceof HTMLInputElement) again.select();
  return again !== null;
}

/** Put the focus on the field that a fault is about, or on what is nearest to it. */
export function lead(panel: HTMLElement, path: string): void {
  for (let at = path; at; at = at.replace(/(\.[^.[]+|\[\d+\])$/, "")) {
    const field = panel.querySelector<HTMLElement>(`[data-path="${CSS.escape(at)}"]`);
    if (field) {
      for (let outer = field.parentElement?.closest("details"); outer; outer = outer.parentElement?.closest("details")) outer.open = true;
      field.focus();
      return;
    }
    if (!/[.[]/.test(at)) return;
  }
}
