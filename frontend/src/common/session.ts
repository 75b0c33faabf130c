// A session that ended: the password is asked for on top of the page, which stays as it is.

import { json } from "./http";
import type { Words } from "./words";
import { ask } from "./dialog";

/** Ask the same person for the password; `onBack` is called once they are signed in again. */
export function signInAgain(url: string, me: string, words: Words, onBack: () => void): void {
  const { t } = words;
  const send = async (values: Record<string, string>): Promise<void> => {
    await json(url, "POST", new URLSearchParams({ username: me, password: values["password"] ?? "" }));
    onBack();
  };
  ask(
    {
      title: t("session_title"),
      fields: [{ name: "password", label: t("session_password", { name: me }), secret: true }],
      hints: [t("session_hint")],
      submit: t("sign_in"),
      send,
      over: true,
    },
    words,
  );
}
