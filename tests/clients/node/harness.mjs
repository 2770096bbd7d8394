// What the scripts of apps share: operations that are counted, and questions to the test that
// runs them. Both are lines of JSON on standard output; answers come on standard input.

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

const PATIENCE = 20_000; // milliseconds until what was sent must have arrived
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

// Asks the test to do or tell something.
export async function ask(question, ...values) {
  say({ ask: question, values });
  const { value } = await lines.next();
  return JSON.parse(value);
}

// One operation of the app; it counts if all of it is right.
export async function step(name, work) {
  try {
    const result = await work();
    say({ step: name });
    return result;
  } catch (error) {
    throw new Error(`${name}: ${inspect(error, { depth: 4 })}`);
  }
}

// Asks until the answer is true, and returns it.
export async function until(look) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const answer = await look();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`it never became true: ${look}`);
    await sleep(50);
  }
}

// The first of what a stream brings that is wanted.
export async function first(events, wanted) {
  const signal = AbortSignal.timeout(PATIENCE);
  const late = new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(new Error(`nothing came: ${wanted}`))),
  );
  for (;;) {
    const { value, done } = await Promise.race([events.next(), late]);
    if (done) throw new Error(`the stream has ended: ${wanted}`);
    if (wanted(value)) return value;
  }
}

// Runs a script to its end.
export async function play(main) {
  try {
    await main(await ask("scene"));
    say({ end: true });
    process.exit(0);
  } catch (error) {
    say({ failed: String(error.stack ?? error) });
    process.exit(1);
  }
}
