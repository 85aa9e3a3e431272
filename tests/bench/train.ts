import { Command } from "commander";
import { resolve } from "@std/path";
import { findPictures } from "../../trainer/data/picture_source.ts";
import { ViewLoader } from "../../trainer/data/loader.ts";
import { viewsNamed } from "../../trainer/data/views.ts";
import { initialState } from "../../trainer/moco/initialize.ts";
import { createTrainer, runStep } from "../../trainer/moco/run_step.ts";
import { architectureOf, type Settings } from "../../trainer/moco/settings.ts";
import { cifar10 } from "../../trainer/presets/cifar10.ts";
import { BASE } from "../../trainer/presets/preset.ts";
import { loadTensorFlow } from "../../trainer/tensorflow/load.ts";

/** Steps before times count: the first epoch fills the cache of decoded pictures. */
const WARM_UP = 3;
/** Bare and whole steps take turns, so that what else the machine does meets both. */
const ROUNDS = 5;

interface Options {
  data: string;
  width: number;
  batch: number;
  steps: number;
  json: boolean;
}

/**
 * `deno task bench train`: pictures per second of whole training (decoded pictures cached, views of the CIFAR-10 demo
 * made in workers) as a share of those of the bare step on one batch that stays the same.
 */
export async function run(args: string[]): Promise<void> {
  const command = new Command("train")
    .description("What the loader and the views cost.")
    .option("--data <path>", "pictures: at least one batch", "fixtures/photos")
    .option("--width <channels>", "channels of the first stage", Number, 64)
    .option("--batch <pictures>", "pictures in a step", Number, 64)
    .option("--steps <count>", "steps in each of five rounds", Number, 20)
    .option("--json", "print JSON", false)
    .parse(args, { from: "user" });
  const { data, width, batch, steps, json } = command.opts<Options>();
  const { pictures, paths } = await findPictures(resolve(data));
  const settings: Settings = {
    ...BASE,
    ...cifar10,
    ...{ data, width, batch, bnSplits: 1, heldOut: 0, minutes: null },
  };
  const { size, seed } = settings;
  const source = { pictures, paths, size, batch, seed, views: viewsNamed(settings.views) };
  const loader = new ViewLoader(source, { workers: navigator.hardwareConcurrency, cacheMegabytes: 512 });
  const { tf } = await loadTensorFlow();
  const state = initialState(architectureOf(settings), settings.queue, seed);
  const trainer = await createTrainer(tf, settings, state, false);

  const batches = loader.batches({ epoch: 0, batch: 0 });
  let step = 0;
  const whole = async () => {
    const { value } = await batches.next();
    runStep(tf, trainer, value, { ...settings, step: step++ });
  };
  const first = (await batches.next()).value;
  const same = { query: first.query.slice(), key: first.key.slice(), indices: first.indices };
  const bare = () => Promise.resolve(runStep(tf, trainer, same, { ...settings, step: step++ }));
  for (let i = 0; i < Math.max(WARM_UP, loader.batchesPerEpoch); i++) await whole();

  const rates = { bare: [] as number[], whole: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.bare.push(await picturesPerSecond(bare, steps, batch));
    rates.whole.push(await picturesPerSecond(whole, steps, batch));
  }
  loader.close();
  trainer.dispose();

  const [bareRate, wholeRate] = [median(rates.bare), median(rates.whole)];
  const ratio = Number((wholeRate / bareRate).toFixed(2));
  const result = { width, batch, bare: Math.round(bareRate), whole: Math.round(wholeRate), ratio };
  if (json) console.log(JSON.stringify(result));
  else console.log(`${result.whole} pictures/s of ${result.bare} by the bare step: ${ratio}`);
}

async function picturesPerSecond(
  step: () => Promise<unknown>,
  steps: number,
  batch: number,
): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < steps; i++) await step();
  return (steps * batch) / ((performance.now() - started) / 1000);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
