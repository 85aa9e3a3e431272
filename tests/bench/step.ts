import { Command, Option } from "commander";
import type { Architecture } from "../../trainer/moco/architecture.ts";
import { compileMoCo, traceStep, type Trainer } from "../../trainer/moco/compiled.ts";
import { initialState } from "../../trainer/moco/initialize.ts";
import { MoCo, type StepInputs } from "../../trainer/moco/moco.ts";
import { printTrace } from "../../trainer/tensorflow/print_trace.ts";
import { loadTensorFlow, type Precision, type TensorFlow } from "../../trainer/tensorflow/load.ts";

/** The official defaults, as far as they decide what a step costs. */
const K = 4096;
const DIM = 128;
const MEMORY_STEPS = 300;
const PAIRS = 15;
/** Steps before times count. */
const WARM_UP = 3;

interface Options {
  width: number;
  batch: number;
  size: number;
  precision: Precision;
  json: boolean;
  trace: boolean;
}

/**
 * `deno task bench step`: milliseconds of one bare MoCo step (ResNet-18, CIFAR stem, MLP head, no views), operation by
 * operation and compiled, and resident memory after 50 and 300 compiled steps; of bf16 also how it compares with float32.
 */
export async function run(args: string[]): Promise<void> {
  const command = new Command("step")
    .description("Time one MoCo step on random pictures: eager against compiled.")
    .option("--width <channels>", "channels of the first stage", Number, 64)
    .option("--batch <pictures>", "pictures in a step", Number, 64)
    .option("--size <pixels>", "side of a view", Number, 32)
    .addOption(
      new Option("--precision <type>", "what convolutions compute in").choices(["float32", "bf16"]).default(
        "float32",
      ),
    )
    .option("--json", "print JSON", false)
    .option(
      "--trace",
      "print what the compiled step does, operation by operation, and measure nothing",
      false,
    )
    .parse(args, { from: "user" });
  const options = command.opts<Options>();
  const { tf, description } = await loadTensorFlow(undefined, options.precision);
  const inputs = randomInputs(tf, options);
  if (options.trace) {
    console.log(printTrace(traceStep(tf, createMoCo(tf, options), inputs).trace));
    return;
  }

  const compiled = await compileMoCo(tf, createMoCo(tf, options), inputs);
  const memory = new Map<number, number>();
  for (let step = 1; step <= MEMORY_STEPS; step++) {
    stepMs(tf, compiled, inputs);
    if (step === 50 || step === MEMORY_STEPS) memory.set(step, Math.round(Deno.memoryUsage().rss / 1e6));
  }
  const eager = createMoCo(tf, options);
  const [eagerMs, compiledMs, ratio] = inTurns(tf, eager, compiled, inputs);
  eager.dispose();
  let timesFloat32: number | undefined;
  if (options.precision === "bf16") {
    const exact = await compileMoCo(tf, createMoCo(tf, { ...options, precision: "float32" }), inputs);
    [, , timesFloat32] = inTurns(tf, exact, compiled, inputs);
    exact.dispose();
  }
  compiled.dispose();

  const result = {
    ...{ width: options.width, batch: options.batch, size: options.size, precision: options.precision },
    ...{ eagerMs, compiledMs, ratio },
    rssMB50: memory.get(50),
    rssMB300: memory.get(MEMORY_STEPS),
    timesFloat32,
  };
  if (options.json) console.log(JSON.stringify(result));
  else {
    console.log(
      `${description}, width ${result.width}, batch ${result.batch}, ${result.size} pixels, ${result.precision}`,
    );
    console.log(`  eager ${result.eagerMs} ms, compiled ${result.compiledMs} ms: ${result.ratio}x`);
    console.log(`  resident after 50 steps ${result.rssMB50} MB, after 300 ${result.rssMB300} MB`);
    if (timesFloat32 !== undefined) console.log(`  ${timesFloat32}x as fast as float32`);
  }
}

function createMoCo(tf: typeof TensorFlow, { width, precision }: Options): MoCo {
  const architecture: Architecture = {
    ...{ block: "BasicBlock", layers: [2, 2, 2, 2], width, stem: "cifar", mlp: true, dim: DIM },
  };
  const state = initialState(architecture, K, 0);
  const settings = {
    architecture,
    K,
    m: 0.999,
    T: 0.2,
    sgdMomentum: 0.9,
    weightDecay: 1e-4,
    bnSplits: 1,
    symmetric: false,
    mixedPrecision: precision === "bf16",
  };
  return new MoCo(tf, settings, state);
}

function randomInputs(tf: typeof TensorFlow, { batch, size }: Options): StepInputs {
  return {
    im_q: tf.randomNormal([batch, size, size, 3]),
    im_k: tf.randomNormal([batch, size, size, 3]),
    learningRate: tf.scalar(0.03),
    shuffle: tf.range(0, batch, 1, "int32"),
    unshuffle: tf.range(0, batch, 1, "int32"),
    slots: tf.tidy(() => tf.reshape(tf.range(0, batch, 1, "int32"), [batch, 1])),
  };
}

function stepMs(tf: typeof TensorFlow, trainer: Trainer, inputs: StepInputs): number {
  const started = performance.now();
  const outputs = trainer.step(inputs);
  outputs.loss.dataSync(); // the step is over when its loss is there
  const ms = performance.now() - started;
  tf.dispose(Object.values(outputs));
  return ms;
}

/**
 * Steps of two trainers that take turns, so that what else the machine does meets both.
 *
 * @returns medians of the milliseconds of each, and of how many times as fast the second is
 */
function inTurns(
  tf: typeof TensorFlow,
  first: Trainer,
  second: Trainer,
  inputs: StepInputs,
): [firstMs: number, secondMs: number, ratio: number] {
  const pairs = Array.from(
    { length: WARM_UP + PAIRS },
    () => [stepMs(tf, first, inputs), stepMs(tf, second, inputs)] as const,
  ).slice(WARM_UP);
  const ratio = median(pairs.map(([a, b]) => a / b));
  return [
    round(median(pairs.map(([a]) => a))),
    round(median(pairs.map(([, b]) => b))),
    Number(ratio.toFixed(2)),
  ];
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function round(ms: number): number {
  return Number(ms.toFixed(1));
}
