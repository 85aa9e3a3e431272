import { Command, Option } from "commander";
import { join } from "@std/path";
import { readRun } from "../../trainer/checkpoint/run.ts";
import { encoderInputs } from "../../trainer/data/encoder_inputs.ts";
import { findPictures } from "../../trainer/data/picture_source.ts";
import { splitPictures } from "../../trainer/data/split.ts";
import { spread } from "../../trainer/data/spread.ts";
import { preprocessingOf } from "../../trainer/moco/settings.ts";
import { buildBundle, PROBES } from "../../trainer/onnx/bundle.ts";
import { compareEmbeddings } from "../../trainer/onnx/compare.ts";
import type { Layer } from "../../trainer/onnx/float_graph.ts";
import { measure, type Measured } from "../../trainer/onnx/measure.ts";
import { runPython } from "../python/packages.ts";

interface Options {
  run: string;
  data?: string;
  layer: Layer;
  calibration: number;
  pictures: number;
  int8Target: number;
  json: boolean;
}

/**
 * `deno task bench quantize`: int8 as `export` makes it, and as Python's `quantize_static` does (QDQ, per channel,
 * MinMax) from the same float graph and the same calibration pictures. Both against the float graph on held-out
 * pictures, in turns.
 */
export async function run(args: string[]): Promise<void> {
  const command = new Command("quantize")
    .description("int8 as export makes it, beside Python's quantize_static.")
    .requiredOption("--run <dir>", "the training run")
    .option("--data <dir>", "the pictures, where they are no longer where the run found them")
    .addOption(new Option("--layer <layer>").choices(["projection", "backbone"]).default("projection"))
    .option("--calibration <count>", "training pictures that both choose ranges with", Number, 256)
    .option("--pictures <count>", "held-out pictures to measure on, at most", Number, 512)
    .option("--int8-target <cosine>", "as export's", Number, 0.995)
    .option("--json", "print JSON", false)
    .parse(args, { from: "user" });
  const options = command.opts<Options>();
  const { settings, architecture, weights } = await readRun(options.run);
  const preprocessing = preprocessingOf(settings);
  const { pictures, paths } = await findPictures(options.data ?? settings.data);
  const { training, heldOut } = splitPictures(paths, settings.heldOut);
  const inputs = (label: string, paths: string[]) => encoderInputs(label, pictures, paths, preprocessing);

  const calibration = await Array.fromAsync(inputs("Calibrating", spread(training, options.calibration)));
  const { encoder, float, report } = await buildBundle({
    ...{ architecture, weights, preprocessing, layer: options.layer, int8Target: options.int8Target },
    ...{ probes: each(spread(calibration, PROBES)), calibration: each(calibration) },
    heldOut: each(calibration.slice(0, 2)), // measured below, all three in turns
    training: { method: "", architecture: {}, settings: {}, pictures: 0, steps: 0, epochs: 0, loss: null },
    created: new Date(),
  });
  const models = {
    float,
    lookalike: encoder,
    python: await quantizeInPython(float, calibration, preprocessing.size),
  };
  const { measured, pictures: count } = await measure(
    models,
    inputs("Measuring", heldOut.slice(0, options.pictures)),
    preprocessing.size,
  );
  const dimensions = measured.float.embeddings.length / count;
  const row = (name: "lookalike" | "python") => ({
    ...compareEmbeddings(measured.float.embeddings, measured[name].embeddings, dimensions),
    bytes: models[name].length,
    timesFloat: ratio(measured[name], measured.float),
  });
  const result = {
    ...{ pictures: count, calibration: calibration.length, dimensions, floatLayers: report.floatLayers },
    float: { bytes: float.length, milliseconds: measured.float.milliseconds },
    lookalike: row("lookalike"),
    python: row("python"),
    timesPython: {
      bytes: encoder.length / models.python.length,
      milliseconds: ratio(measured.lookalike, measured.python),
    },
  };
  if (options.json) console.log(JSON.stringify(result));
  else print(result);
}

type Row = ReturnType<typeof compareEmbeddings> & { bytes: number; timesFloat: number };

function print(
  { pictures, calibration, dimensions, floatLayers, float, lookalike, python, timesPython }: {
    pictures: number;
    calibration: number;
    dimensions: number;
    floatLayers: { layer: string }[];
    float: { bytes: number; milliseconds: number };
    lookalike: Row;
    python: Row;
    timesPython: { bytes: number; milliseconds: number };
  },
): void {
  console.log(
    `int8 against float: ${dimensions} dimensions, ${pictures} held-out pictures, calibrated on ${calibration}`,
  );
  console.log("            mean     1st pct  worst    nearest  ten kept  MB      time to float's");
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(3).padEnd(8);
  for (const [name, row] of Object.entries({ lookalike, python })) {
    const { mean, firstPercentile, worst } = row.centredCosine;
    const figures = [mean, firstPercentile, worst, row.nearestIsOwn, row.knnAgreement];
    console.log(
      `  ${name.padEnd(9)} ${figures.map((value) => value.toFixed(5)).join("  ")}   ${megabytes(row.bytes)}${
        row.timesFloat.toFixed(3)
      }`,
    );
  }
  console.log(`  float ${" ".repeat(51)}${megabytes(float.bytes)}${float.milliseconds.toFixed(1)} ms`);
  console.log(
    `  lookalike to python: ${timesPython.bytes.toFixed(3)} of the size, ` +
      `${timesPython.milliseconds.toFixed(3)} of the time`,
  );
  console.log(
    `  layers that stay float: ${floatLayers.map(({ layer }) => layer).join(", ") || "none"}`,
  );
}

/** The median over the pictures of how many times as long the first took. */
function ratio(first: Measured, second: Measured): number {
  const ratios = first.times.map((ms, i) => ms / second.times[i]!).sort((a, b) => a - b);
  return ratios[ratios.length >> 1]!;
}

async function* each(pictures: Float32Array[]): AsyncGenerator<Float32Array> {
  yield* pictures;
}

async function quantizeInPython(
  float: Uint8Array,
  calibration: Float32Array[],
  size: number,
): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "lookalike-quantize-" });
  try {
    const model = join(folder, "float.onnx"), pictures = join(folder, "pictures");
    const out = join(folder, "int8.onnx");
    await Deno.writeFile(model, float);
    await Deno.writeFile(pictures, ReadableStream.from(calibration.map((x) => new Uint8Array(x.buffer))));
    await runPython("quantize_static.py", model, pictures, String(size), out);
    return await Deno.readFile(out);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
