// What every page gets: times, questions before what cannot be undone, copy buttons, fresh pictures.

import { boxesOver, boxesSwitch } from "../common/boxes";
import { sayFull } from "../common/time";
import { HEARD } from "../desk/hearing";
import { asks } from "./asks";
import { enhance } from "./enhance";
import { keepFresh } from "./fresh";
import { heads } from "./heads";
import { held, holdForms } from "./hold";
import { themeSwitch } from "./theme";
import { limit } from "./files";
import { mark } from "./mark";
import { narrow } from "./narrow";
import { refresh } from "./picture";
import { follow } from "./pending";
import { changeHands, push } from "./push";
import { keepStep } from "./step";

localTimes(document);
for (const table of document.querySelectorAll<HTMLTableElement>("table.rows")) heads(table);

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const question = form.dataset["confirm"];
  if (question && !held(form) && !window.confirm(question)) event.preventDefault();
});
const session = document.getElementById("session");
if (session) holdForms(session);

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-enhance]")) enhance(button);
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-theme-switch]")) themeSwitch(button);

for (const input of document.querySelectorAll<HTMLInputElement>("input[data-most-bytes]")) limit(input);

const { viewer, zone } = document.body.dataset;
if (viewer) mark(viewer, zone || "UTC");

// A new shift checks the sound of its desk anew (desk/hearing.ts).
if (document.body.classList.contains("login")) sessionStorage.removeItem(HEARD);
for (const box of document.querySelectorAll<HTMLElement>("[data-push]")) void push(box);
void changeHands(document.querySelectorAll<HTMLFormElement>("form[data-anyone], .login .sign-in form")).catch(() => undefined);

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const text = document.querySelector(button.dataset["copy"] ?? "")?.textContent ?? "";
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset["done"] ?? "";
  });
}

for (const video of document.querySelectorAll<HTMLVideoElement>("video[data-fault]")) {
  keepPlaying(video);
}

for (const place of document.querySelectorAll<HTMLElement>("[data-step]")) keepStep(place);

for (const place of document.querySelectorAll<HTMLElement>("[data-boxes]")) boxesOver(place);
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-boxes-switch]")) boxesSwitch(button);

for (const image of document.querySelectorAll<HTMLImageElement>("img[data-refresh]")) {
  refresh(image);
}

for (const input of document.querySelectorAll<HTMLInputElement>("input[data-narrow]")) narrow(input);

for (const place of document.querySelectorAll<HTMLElement>("[data-asks]")) asks(place);

for (const part of document.querySelectorAll<HTMLElement>("[data-fresh]")) keepFresh(part, localTimes);

for (const place of document.querySelectorAll<HTMLElement>("[data-pending]")) follow(place, localTimes);

// Whose form was refused goes on from what is wrong with it, not from the start of the page.
const wrong = document.querySelector<HTMLElement>("main [data-refused], main .field.wrong :is(input, select, textarea):not([type=hidden])");
wrong?.closest("details")?.setAttribute("open", "");
wrong?.focus();

/** The server wrote them in the mine's zone; here a reader elsewhere is told that it is the mine's. */
function localTimes(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLTimeElement>("time[data-zone]")) {
    node.textContent = sayFull(node.dateTime, node.dataset["zone"]);
  }
}

/** A link to the store lives five minutes; a player that sat longer is given a new one where it was. */
function keepPlaying(video: HTMLVideoElement): void {
  let tries = 0;
  const source = video.src;
  video.addEventListener("playing", () => (tries = 0));
  video.addEventListener("error", () => {
    tries += 1;
    if (tries > 1) {
      if (video.nextElementSibling?.className === "notice bad") return;
      const note = document.createElement("p");
      note.className = "notice bad";
      note.textContent = video.dataset["fault"] ?? "";
      video.after(note);
      return;
    }
    const at = video.currentTime;
    video.src = source;
    video.addEventListener("loadedmetadata", () => (video.currentTime = at), { once: true });
  });
}
