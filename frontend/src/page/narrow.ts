// A box above a list that leaves those whose words it has; what is marked stays, since it is sent.

/** Hide what a list has without the words that are typed. */
export function narrow(input: HTMLInputElement): void {
  const items = [...document.querySelectorAll<HTMLElement>(`${input.dataset["narrow"]} > li`)];
  const show = (): void => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const item of items) {
      const text = item.dataset["words"]?.toLowerCase() ?? "";
      const marked = item.querySelector<HTMLInputElement>("input[type=checkbox]")?.checked;
      item.hidden = !marked && !words.every((word) => text.includes(word));
    }
  };
  input.addEventListener("input", show);
  show(); // a browser may have kept what was typed
}
