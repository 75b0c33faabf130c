// A form that is posted after the session ended: the password is asked for on top of it, and then it
// is posted. The log-in page alone would come back to the form, and what was typed would be gone.

import { csrf } from "../common/http";
import { reader } from "../common/words";
import { signInAgain } from "../common/session";

const TIMEOUT_MS = 4000;
const SURE = "sure";

/** Whether somebody is signed in; where no answer comes the browser itself says so of the form. */
async function signedIn(url: string): Promise<boolean> {
  const asked = fetch(url, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  return asked.then((response) => response.status !== 401).catch(() => true);
}

/** Whether this form is on its way once more, after somebody was found to be signed in. */
export function held(form: HTMLFormElement): boolean {
  return SURE in form.dataset;
}

/** Ask before each form is posted whether the session lives; `place` has the addresses and the words. */
export function holdForms(place: HTMLElement): void {
  const { alive = "", login = "", me = "" } = place.dataset;
  const words = reader(place.dataset as Record<string, string>);
  const asking = new Set<HTMLFormElement>();
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.method !== "post" || "anyone" in form.dataset || held(form)) return;
    event.preventDefault();
    if (asking.has(form)) return; // a second press
    asking.add(form);
    const submitter = event.submitter;
    const post = (): void => {
      // The token of before is no longer taken once somebody signed in anew.
      const token = form.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
      if (token) token.value = csrf();
      form.dataset[SURE] = "";
      form.requestSubmit(submitter);
      delete form.dataset[SURE];
    };
    void signedIn(alive)
      .then((yes) => (yes ? post() : signInAgain(login, me, words, post)))
      .finally(() => asking.delete(form));
  });
}
