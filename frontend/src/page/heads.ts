// On a phone the rows of a table are cards without heads: a figure, a dash or a second time would
// stand there and say nothing. Such cells get their column's head, which the styles show there.

/** Write the heads to the cells that need one. */
export function heads(table: HTMLTableElement): void {
  const names = [...table.querySelectorAll<HTMLElement>("thead th")].map((head) => (head.querySelector("a")?.firstChild ?? head.firstChild)?.textContent?.trim() ?? "");
  for (const row of table.tBodies[0]?.rows ?? [])
    [...row.cells].forEach((cell, at) => {
      if (row.cells.length === names.length && names[at] && needsHead(cell.textContent?.trim() ?? "", at, cell.querySelector("time") !== null)) cell.dataset["head"] = names[at];
    });
}

/** Whether a cell says nothing without its head; `at`: its column, `time`: whether a moment stands in it. */
export function needsHead(text: string, at: number, time: boolean): boolean {
  return (time && at > 0 && text.length < 32) || /^[\d.,–-]+( ?(%|ms|s|MB|GB|kB))?$/.test(text);
}
