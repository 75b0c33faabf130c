// Pictures take turns: a browser opens six connections to a server, and what asks for an answer must not wait.

const MOST = 4;
let running = 0;
const waiting: (() => void)[] = [];

/** Do it when fewer than four others that take turns are at it. */
export async function inTurn(work: () => Promise<void>): Promise<void> {
  if (running < MOST) running += 1;
  else await new Promise<void>((go) => waiting.push(go)); // whoever ends hands over its place
  try {
    await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
