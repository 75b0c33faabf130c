// What this desk is called: answers that are given here say so.

import { ask } from "../common/dialog";
import { setText } from "../common/dom";
import { form } from "../common/http";
import type { Words } from "../common/words";

/** Show the desk's name on a button that asks for another one, and sends it to an address. */
export function nameDesk(button: HTMLElement, url: string, now: string, words: Words): void {
  const { t } = words;
  let name = now;
  const show = (): void => setText(button, name ? t("desk_name", { name }) : t("desk_none"));
  button.addEventListener("click", () => {
    const send = async (values: Record<string, string>): Promise<void> => {
      await form(url, values);
      name = values["name"] ?? "";
      show();
    };
    const fields = [{ name: "name", label: t("desk_label"), value: name, longest: 60, optional: true }];
    ask({ title: t("desk_title"), fields, hints: [t("desk_hint")], submit: t("send"), send }, words);
  });
  show();
}
