import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { writeAtomically } from "../../../trainer/checkpoint/atomic.ts";
import { openQueue } from "../../../trainer/retrain/open_queue.ts";
import { runWorker, type Work } from "../../../trainer/retrain/worker.ts";

/*
 * A worker of small jobs: each writes a file that is named after it, as runs and bundles are, and notes that it was done.
 */

const [store = "", folder = "", name = ""] = Deno.args;
const queue = await openQueue(store, { leaseSeconds: 10, pauseSeconds: 1 });

const effect: Work = async ({ id, spec }) => {
  await Deno.writeTextFile(join(folder, `${name}.begun`), `${id}\n`, { append: true });
  await delay(Math.random() * 40);
  await writeAtomically(join(folder, `${id}.effect`), name);
  const follows = spec.kind === "publish";
  return { result: { by: name }, ...follows ? { next: [{ kind: "reembed", until: "reembed" }] } : {} };
};

await runWorker({
  ...{ queue, name, pollSeconds: 0.2, once: false, log: () => {}, signal: new AbortController().signal },
  works: { publish: effect, reembed: effect },
});
