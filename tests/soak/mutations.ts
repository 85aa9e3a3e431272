import { extname } from "@std/path";
import { mutate, seeded } from "./mutations/mutate.ts";
import type { Outcome } from "./mutations/worker.ts";

/*
 * `deno task soak mutations [seed] [files]`: breaks the pictures of `fixtures/` in seeded ways and decodes them, one
 * after another in one worker.
 */

const FIXTURES = new URL("../../fixtures/images/", import.meta.url);
const LONGEST_SECONDS = 10;

interface Tally {
  files: number;
  outcomes: Map<string, number>;
  slowest: number;
}

/** @throws if a file crashes or hangs the decoder, or leads to an error that is no named refusal */
export async function run([seed = "1", files = "2000"]: string[]): Promise<void> {
  const pictures = await readPictures();
  const kinds = [...pictures.keys()];
  const random = seeded(Number(seed));
  const tallies = new Map<string, Tally>(
    kinds.map((kind) => [kind, { files: 0, outcomes: new Map(), slowest: 0 }]),
  );
  const worker = new Worker(new URL("./mutations/worker.ts", import.meta.url), { type: "module" });
  const memory: number[] = [];
  for (let file = 0; file < Number(files); file++) {
    const kind = kinds[file % kinds.length]!;
    const originals = pictures.get(kind)!;
    const pick = () => originals[random(originals.length)]!;
    const { way, bytes } = mutate(pick(), pick(), random);
    const start = performance.now();
    const { outcome, unexpected, megabytes } = await decode(worker, bytes).catch((cause) => {
      throw new Error(`Cannot pass: file ${file}, ${kind} with ${way}, must be decoded or refused`, {
        cause,
      });
    });
    if (unexpected) {
      throw new Error(
        `Cannot pass: file ${file}, ${kind} with ${way}, must not fail so: received ${outcome}`,
      );
    }
    const tally = tallies.get(kind)!;
    tally.files++;
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
    tally.slowest = Math.max(tally.slowest, performance.now() - start);
    if (file % 100 === 99) memory.push(megabytes);
  }
  worker.terminate();
  print(tallies, memory);
}

async function readPictures(): Promise<Map<string, Uint8Array[]>> {
  const pictures = new Map<string, Uint8Array[]>();
  const names = (await Array.fromAsync(Deno.readDir(FIXTURES))).map(({ name }) => name).sort();
  for (const name of names) {
    const kind = extname(name).slice(1);
    if (kind === "json") continue;
    const bytes = await Deno.readFile(new URL(name, FIXTURES));
    pictures.set(kind, [...pictures.get(kind) ?? [], bytes]);
  }
  return pictures;
}

function decode(worker: Worker, bytes: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const watchdog = setTimeout(() => {
    worker.terminate();
    reject(new Error(`Cannot wait: an answer is required within ${LONGEST_SECONDS} s: received none`));
  }, LONGEST_SECONDS * 1000);
  worker.onmessage = ({ data }: MessageEvent<Outcome>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`Cannot go on: the worker must not fail: received ${event.message}`));
  };
  worker.postMessage(bytes);
  return promise.finally(() => clearTimeout(watchdog));
}

function print(tallies: Map<string, Tally>, memory: number[]): void {
  const outcomes = [...new Set([...tallies.values()].flatMap(({ outcomes }) => [...outcomes.keys()]))].sort();
  const row = (cells: (string | number)[]) => console.log(`| ${cells.join(" | ")} |`);
  row(["kind", "files", ...outcomes, "slowest"]);
  row(["---", "---:", ...outcomes.map(() => "---:"), "---:"]);
  for (const [kind, tally] of tallies) {
    const counts = outcomes.map((outcome) => tally.outcomes.get(outcome) ?? 0);
    row([kind, tally.files, ...counts, `${Math.ceil(tally.slowest)} ms`]);
  }
  console.log(`\nResident memory every 100 files, in MB: ${memory.map(Math.round).join(" ")}`);
}
