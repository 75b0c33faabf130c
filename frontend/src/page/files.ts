// A file that is too large is refused where it is chosen, before a byte of it is sent.

/** Watch a file's field that says how much it takes (`data-most-bytes`). */
export function limit(input: HTMLInputElement): void {
  const note = document.createElement("p");
  note.className = "errorlist";
  note.setAttribute("role", "alert");
  note.hidden = true;
  note.textContent = input.dataset["tooLarge"] ?? "";
  input.after(note);
  const wrong = (): boolean => {
    const most = Number(input.dataset["mostBytes"]);
    return [...(input.files ?? [])].some((file) => file.size > most);
  };
  const look = (): void => void (note.hidden = !wrong());
  input.addEventListener("change", look);
  input.form?.addEventListener("submit", (event) => {
    look();
    if (!wrong()) return;
    event.preventDefault();
    input.focus();
  });
}
