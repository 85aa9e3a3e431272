import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { join } from "@std/path";
import { checkpointPath } from "../../trainer/checkpoint/run.ts";
import { RandomStream } from "../../trainer/data/random.ts";
import { readMetrics } from "../../trainer/following/metrics.ts";
import { PHOTOS, runTask, startTask, withFolder } from "../trainer/commands/command_line.ts";

const KILLS = 10;
const EPOCHS = 120;
/** Steps of an epoch: 48 pictures to train on. */
const STEPS = EPOCHS * 6;
/** Milliseconds from a checkpoint to a kill, at most: about the time to the next. */
const LONGEST = 600;

/** About 20 ms a step, and 8 MB a checkpoint, so that its writing takes long enough to be hit. */
const SETTINGS = [
  ...["--width", "16", "--size", "32", "--dim", "16", "--stem", "cifar", "--batch", "8", "--bn-splits", "2"],
  ...["--queue", "16", "--epochs", String(EPOCHS), "--held-out", "16", "--seed", "3"],
];
/** A checkpoint every half second of training, and with every fifth epoch's kNN. */
const WHILE = ["--workers", "2", "--checkpoint-minutes", "0.008", "--knn-epochs", "5"];

interface Kill {
  moment: string;
  /** Steps that the newest checkpoint had when training started. */
  from: number;
  /** Steps that it had after the kill. */
  checkpoint: number;
  /** Whether a file was left half written. */
  partial: boolean;
}

/**
 * `deno task soak kill [seed]`: SIGKILLs a real training process ten times, spread over its steps, every third time while
 * it writes a checkpoint and at random moments otherwise, and resumes it. Its end must be that of a run which was left alone, byte for byte.
 */
export async function run([seed = "1"]: string[]): Promise<void> {
  const random = new RandomStream(Number(seed), 0, 0, "start");
  await withFolder(async (folder) => {
    const data = join(folder, "photos");
    await sortPhotos(data);
    const [alone, killed] = [join(folder, "alone"), join(folder, "killed")];
    const first = ["--data", data, "--out", killed, ...SETTINGS, ...WHILE];
    const undisturbed = await runTask("train", "--data", data, "--out", alone, ...SETTINGS, ...WHILE);
    assertEquals(undisturbed.code, 0, undisturbed.stderr);

    const kills: Kill[] = [];
    for (let i = 0; i < KILLS; i++) {
      const args = i === 0 ? first : ["--resume", killed, ...WHILE];
      const step = Math.floor((i + random.uniform()) * 0.95 * STEPS / KILLS);
      kills.push(await kill(killed, args, step, i % 3 === 2 ? "writing" : random.uniform() * LONGEST));
      console.error(`Kill ${i + 1}: ${JSON.stringify(kills.at(-1))}`);
    }
    const resumed = await runTask("train", "--resume", killed, ...WHILE);
    assertEquals(resumed.code, 0, resumed.stderr);

    const [expected, actual] = [await sha256(alone, STEPS), await sha256(killed, STEPS)];
    assertEquals(actual, expected, "the killed run ends with other bytes");
    await checkCurve(alone, killed);
    console.log(table(kills, expected));
  });
}

/** Copies the photos into two folders, so that there are classes. */
async function sortPhotos(data: string): Promise<void> {
  const names = Array.from(Deno.readDirSync(PHOTOS), ({ name }) => name).sort();
  for (const [i, name] of names.entries()) {
    const folder = join(data, i < names.length / 2 ? "first" : "second");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(join(PHOTOS, name), join(folder, name));
  }
}

/** Starts training and kills it: milliseconds after a checkpoint from `step` on, or as soon as it writes the next. */
async function kill(run: string, args: string[], step: number, when: number | "writing"): Promise<Kill> {
  const from = await stepOf(run);
  const { child, ended } = startTask("train", ...args);
  const over = ended.then(({ stderr }) => {
    throw new Error(`Cannot kill: a process that trains is required: it ended\n${stderr}`);
  });
  over.catch(() => {}); // also when it was killed
  await Promise.race([waitUntil(async () => await stepOf(run) >= Math.max(step, from + 1)), over]);
  if (when === "writing") await Promise.race([waitUntil(() => isWriting(run)), over]);
  else await Promise.race([delay(when), over]);
  child.kill("SIGKILL");
  await ended;
  return {
    moment: when === "writing" ? "writing a checkpoint" : `${when.toFixed(0)} ms after a checkpoint`,
    from,
    checkpoint: await stepOf(run),
    partial: isWriting(run),
  };
}

async function stepOf(run: string): Promise<number> {
  try {
    return JSON.parse(await Deno.readTextFile(join(run, "checkpoint.json"))).progress.step;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return -1;
    throw error;
  }
}

function isWriting(run: string): boolean {
  return [...Deno.readDirSync(run)].some(({ name }) => /^checkpoint.*\.partial$/.test(name));
}

async function waitUntil(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!await holds()) await delay(1);
}

async function sha256(run: string, step: number): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(checkpointPath(run, step)));
  return new Uint8Array(digest).toHex();
}

/** Each step is in one line of the curve, and kNN is that of the run which was left alone. */
async function checkCurve(alone: string, killed: string): Promise<void> {
  const curve = await readMetrics(killed);
  let before = 0;
  for (const line of curve) {
    assertEquals(line.step - line.steps, before, "a step is missing in metrics.jsonl, or there twice");
    before = line.step;
  }
  assertEquals(before, STEPS);
  const knn = (lines: typeof curve) =>
    lines.flatMap((line) => line.knn === undefined ? [] : [[line.step, line.knn]]);
  const measured = knn(curve);
  assert(measured.length > 0);
  assertEquals(measured, knn(await readMetrics(alone)));
}

function table(kills: Kill[], digest: string): string {
  return [
    "| kill | moment | steps when started | steps in the checkpoint after it | file left half written |",
    "| ---: | --- | ---: | ---: | --- |",
    ...kills.map(({ moment, from, checkpoint, partial }, i) =>
      `| ${i + 1} | ${moment} | ${Math.max(0, from)} | ${checkpoint} | ${partial ? "yes" : "no"} |`
    ),
    "",
    `${STEPS} steps; the last checkpoint of both runs: SHA-256 \`${digest}\``,
  ].join("\n");
}
