// What asks for an answer while somebody looks at another page than the desk: how much, in the head
// and in the tab's title, and its sound in the tab whose desk was heard in this session.

import { countInTitle } from "../common/count";
import { json } from "../common/http";
import { HEARD } from "../desk/hearing";
import { Sound, type Asking } from "../desk/sound";

const EVERY_MS = 4000;
const TIMEOUT_MS = 8000;
// So many questions in a row without an answer, and nobody knows what asks.
const MISSES = 2;

type Row = Asking & { folds: boolean };

/** Keep the count fresh, hidden page or not: what asks must be heard. */
export function asks(place: HTMLElement): void {
  const link = place.querySelector("a")!;
  const sound = sessionStorage.getItem(HEARD) ? new Sound(() => undefined) : null;
  let alarms: Row[] = [];
  let misses = 0;
  const ring = (): void => sound?.tick(alarms.filter((alarm) => !alarm.folds), misses >= MISSES);

  const show = (text: string, kind: string): void => {
    link.hidden = !text;
    link.className = kind;
    if (link.textContent !== text) link.textContent = text;
  };
  const load = async (): Promise<void> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const found = await json<{ said: string; alarms: Row[] }>(place.dataset["asks"] ?? "", "GET", undefined, { signal });
    misses = 0;
    alarms = found.alarms;
    show(alarms.length ? found.said : "", alarms[0]?.severity ?? "");
    countInTitle(alarms.length);
  };
  const fail = (): void => {
    misses += 1;
    if (misses >= MISSES) show(place.dataset["unknown"] ?? "", "unknown");
  };
  const loop = (): void =>
    void load()
      .catch(fail)
      .finally(() => {
        ring();
        window.setTimeout(loop, EVERY_MS);
      });
  loop();
  window.setInterval(ring, 500);
}
