// Light, dark, or as the system wishes. A cookie keeps the choice, so that the server writes it into
// the next page and nothing is ever painted in the other theme first.

import { icon } from "../common/dom";

const CHOICES = ["system", "dark", "light"] as const;
const ICONS = { system: "screen", dark: "moon", light: "sun" };
const YEAR_S = 31_536_000;

type Choice = (typeof CHOICES)[number];

/** Wire the button of the page's head; each press goes on to the next choice. */
export function themeSwitch(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const show = (choice: Choice): void => {
    const word = button.dataset[choice] ?? "";
    button.replaceChildren(icon(ICONS[choice]));
    button.title = word;
    button.setAttribute("aria-label", word);
  };
  let choice = (root.dataset["theme"] ?? "system") as Choice;
  show(choice);
  button.hidden = false;
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length]!;
    if (choice === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = choice;
    const kept = choice === "system" ? 0 : YEAR_S;
    document.cookie = `davy_theme=${choice};path=/;max-age=${kept};samesite=lax`;
    show(choice);
  });
}
