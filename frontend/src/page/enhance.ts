// Pictures as recorded, or enhanced for the eye: a filter of the browser over what is shown. The
// recording is never touched, and the word on every picture says which of the two is seen.

const KEY = "davy.enhanced";

/** Wire the button of the page's head; what the viewer chose is remembered in this browser. */
export function enhance(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const show = (on: boolean): void => {
    root.classList.toggle("enhanced", on);
    root.style.setProperty("--enhanced-word", JSON.stringify(button.dataset["enhanced"] ?? ""));
    button.setAttribute("aria-pressed", String(on));
    const word = (on ? button.dataset["enhanced"] : button.dataset["raw"]) ?? "";
    button.lastElementChild!.textContent = word;
  };
  let on = false;
  try {
    on = localStorage.getItem(KEY) === "1";
  } catch {
    // A browser that keeps nothing shows what was recorded.
  }
  show(on);
  button.hidden = false;
  button.addEventListener("click", () => {
    on = !on;
    show(on);
    try {
      localStorage.setItem(KEY, on ? "1" : "0");
    } catch {
      // Shown now, forgotten with the page.
    }
  });
}
