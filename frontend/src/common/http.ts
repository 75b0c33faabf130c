// Requests to our own server.

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly field = "",
    /** Everything that the server found, the first in front. */
    readonly all: { message: string; field: string }[] = [{ message, field }],
  ) {
    super(message);
  }
}

/** The token that a request which changes something carries. */
export function csrf(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

export interface About {
  signal?: AbortSignal;
  /** Let the request outlive the page; for bodies of a few KiB. */
  keepalive?: boolean;
  /** Sees the answer before it is read. */
  answered?: (response: Response) => void;
}

/** Ask the server; where nothing comes back the page's own words say so, in the reader's language. */
async function ask(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, init).catch((error: unknown) => {
    const text = document.body.dataset["unreached"];
    throw error instanceof TypeError && text ? new Error(text) : error;
  });
}

/** Fetch JSON, sending JSON or a form's fields; throws Refused with the server's own sentence and field. */
export async function json<T>(url: string, method = "GET", body?: unknown, { answered, ...how }: About = {}): Promise<T> {
  const init: RequestInit = { method, headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang }, credentials: "same-origin", ...how };
  if (method !== "GET") {
    init.headers = { ...init.headers, "X-CSRFToken": csrf() };
    if (body instanceof URLSearchParams) init.body = body;
    else {
      init.headers = { ...init.headers, "Content-Type": "application/json" };
      init.body = JSON.stringify(body ?? {});
    }
  }
  const response = await ask(url, init);
  answered?.(response);
  const text = await response.text();
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    if (response.ok) throw new Refused(response.status, "not JSON");
  }
  if (response.ok) return answer as T;
  const found = (answer as { errors?: { message: string; field?: string }[] } | null)?.errors ?? [];
  const all = found.map(({ message, field }) => ({ message, field: field ?? "" }));
  if (!all[0]) throw new Refused(response.status, `${response.status} ${response.statusText}`);
  throw new Refused(response.status, all[0].message, all[0].field, all);
}

/** Post a form's fields to a page, whatever page it answers with. */
export async function form(url: string, fields: Record<string, string>): Promise<void> {
  const headers = { "X-CSRFToken": csrf() };
  const response = await ask(url, { method: "POST", headers, body: new URLSearchParams(fields), credentials: "same-origin" });
  if (!response.ok) throw new Refused(response.status, `${response.status} ${response.statusText}`);
}
