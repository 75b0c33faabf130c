// Runs the desk's Follow for tests/live/test_follow.py: one order a line in, what the page knows a line out.
//   {"snapshot": …}          begin with it
//   {"hear": [event, …]}     events of the socket
//   {"answer": what, "data"} what the server says to the oldest open question; without data it fails
//   {"ask": true}            ten seconds are over: the page asks for the cameras by itself
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const { module } = await runnerImport(`${root}/src/desk/follow.ts`, { configFile: false, root, logLevel: "silent" });
const open = { snapshot: [], cameras: [] };
const question = (what) => () => new Promise((done, fail) => open[what].push({ done, fail }));
const server = { snapshot: question("snapshot"), cameras: question("cameras"), pause: () => Promise.resolve() };
const settled = () => new Promise((done) => setImmediate(done));
let follow;

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.snapshot) {
    open.snapshot = [];
    open.cameras = [];
    follow = new module.Follow(order.snapshot, server, () => {});
  }
  if (order.hear) follow.hear(order.hear);
  if (order.ask) void follow.refresh();
  if (order.answer) {
    const { done, fail } = open[order.answer].shift();
    if (order.data) done(order.data);
    else fail(new Error("no answer"));
  }
  await settled();
  const asks = Object.keys(open).filter((what) => open[what].length);
  process.stdout.write(`${JSON.stringify({ snapshot: follow.snapshot, asks })}\n`);
}
