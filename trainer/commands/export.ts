import { Command, InvalidArgumentError, Option } from "commander";
import { basename, resolve } from "@std/path";
import type { Preprocessing } from "../../shared/bundle.ts";
import { writeOfficialFile } from "../checkpoint/official_file.ts";
import { readCheckpoint, readRun } from "../checkpoint/run.ts";
import { encoderInputs } from "../data/encoder_inputs.ts";
import { findPictures } from "../data/picture_source.ts";
import { HELD_OUT_MINIMUM, splitPictures } from "../data/split.ts";
import { spread } from "../data/spread.ts";
import { preprocessingOf, type Settings } from "../moco/settings.ts";
import { buildBundle, PROBES } from "../onnx/bundle.ts";
import { requireFreeFolder, writeBundle } from "../onnx/bundle_folder.ts";
import type { Pooling } from "../moco/architecture.ts";
import type { Layer } from "../onnx/float_graph.ts";
import { formatReport, shortfalls } from "../onnx/report.ts";

const WHITENING_PICTURES = 4096; // twice the dimensions of a ResNet-50

interface Options {
  run: string;
  out: string;
  format: "bundle" | "safetensors";
  data?: string;
  layer?: Layer;
  pooling?: Pooling;
  size?: number;
  whiten?: boolean;
  dimensions?: number;
  int8Target: number;
  calibration: number;
  heldOutMinimum: number;
  minimumAgreement: number;
}

/** The bundle that was asked for cannot be made or should not be written. */
export class ExportError extends Error {
  override name = "ExportError";
}

/** `deno task export`: a run's query encoder becomes a quantized bundle. */
export const exportCommand = new Command("export")
  .description("Quantize a run's query encoder and write the bundle that the edge function serves.")
  .requiredOption("--run <dir>", "the training run")
  .requiredOption("--out <path>", "where it goes: a new or empty folder; for safetensors a new file")
  .addOption(
    new Option(
      "--format <format>",
      "a bundle to serve, or the weights as they are, for the official code in PyTorch",
    )
      .choices(["bundle", "safetensors"]).default("bundle"),
  )
  .option("--data <dir>", "the pictures, where they are no longer where the run found them")
  .addOption(
    new Option(
      "--layer <layer>",
      "which vector to serve: the head's output (default), or the pooled features below it; preset copy: backbone",
    )
      .choices(["projection", "backbone"]),
  )
  .addOption(
    new Option("--pooling <kind>", "of the backbone's features over places (default: as the run was trained)")
      .choices(["average", "gem"]),
  )
  .option(
    "--size <pixels>",
    "side of the encoder's input (default: that of the views; preset copy: an eighth more)",
    inputSide,
  )
  .option(
    "--whiten",
    "PCA whitening, fitted on training pictures, as the encoder's last layer (preset copy: on)",
  )
  .option("--no-whiten", "none")
  .option("--dimensions <count>", "with --whiten: the dimensions that are kept", atLeast(1))
  .option(
    "--int8-target <cosine>",
    "mean centred cosine below which layers are left float that int8 loses most in",
    share,
    0.995,
  )
  .option("--calibration <count>", "training pictures that the int8 ranges are chosen with", atLeast(2), 256)
  .option(
    "--held-out-minimum <count>",
    "fewest held-out pictures to measure on",
    atLeast(2),
    HELD_OUT_MINIMUM,
  )
  .option(
    "--minimum-agreement <share>",
    "least agreement of int8 with float to write a bundle at",
    share,
    0.99,
  )
  .action(run);

async function run(options: Options): Promise<void> {
  if (options.format === "safetensors") {
    await writeOfficialFile(options.out, await readCheckpoint(options.run));
    console.log(`Wrote ${resolve(options.out)}`);
    return;
  }
  await requireFreeFolder(options.out);
  const { settings, architecture, weights, progress } = await readRun(options.run);
  const {
    layer = settings.export?.layer ?? "projection",
    whiten = settings.export?.whiten ?? false,
    size = Math.round(settings.size * (settings.export?.sizeRatio ?? 1)),
    pooling = architecture.pooling ?? "average",
  } = options;
  if (layer === "projection" && architecture.dim === 0) {
    throw new ExportError(
      `Cannot export the projection: a run with a head is required: ${options.run} was imported without one (add --layer backbone)`,
    );
  }
  if (layer === "projection" && pooling !== (architecture.pooling ?? "average")) {
    throw new ExportError(
      `Cannot export the projection: the pooling that its head was trained on is required: received ${pooling}`,
    );
  }
  if (options.dimensions !== undefined && !whiten) {
    throw new ExportError("Cannot export fewer dimensions: --whiten is required, which orders them");
  }
  const preprocessing = atSize(preprocessingOf(settings), size);

  const folder = options.data ?? settings.data;
  if (folder === "") {
    throw new ExportError("Cannot export: --data is required, since the run was imported without pictures");
  }
  const { pictures, paths } = await findPictures(folder);
  const { training, heldOut } = splitPictures(paths, settings.heldOut);
  requireHeldOut(heldOut.length, options.heldOutMinimum);
  if (training.length < progress.pictures) {
    console.error(
      `${folder} has ${training.length} training pictures, the run had ${progress.pictures}: ` +
        "some that training saw may be among the held-out ones now",
    );
  }

  const calibration = spread(training, options.calibration);
  const bundle = await buildBundle({
    ...{ architecture: { ...architecture, pooling }, weights, preprocessing, layer },
    whitening: whiten
      ? {
        pictures: encoderInputs("Whitening", pictures, spread(training, WHITENING_PICTURES), preprocessing),
        dimensions: options.dimensions,
      }
      : undefined,
    int8Target: options.int8Target,
    probes: encoderInputs("Probing", pictures, spread(calibration, PROBES), preprocessing),
    calibration: encoderInputs("Calibrating", pictures, calibration, preprocessing),
    heldOut: encoderInputs("Measuring", pictures, heldOut, preprocessing),
    training: {
      method: architecture.dim === 0 ? "imported" : architecture.mlp ? "MoCo v2" : "MoCo v1",
      architecture: { ...architecture },
      settings: publicSettings(settings),
      pictures: progress.pictures,
      steps: progress.step,
      epochs: progress.epoch,
      loss: progress.loss,
    },
    created: new Date(),
  });
  console.log(formatReport(bundle.report));
  requireHeldOut(bundle.report.heldOutPictures, options.heldOutMinimum); // some may have been unreadable

  const losses = shortfalls(bundle.report, options.minimumAgreement);
  if (losses.length > 0) {
    throw new ExportError(
      `Cannot write the bundle: ${losses.join("; ")} (--minimum-agreement lowers the limit)`,
    );
  }
  await writeBundle(options.out, bundle);
  console.log(`Wrote ${resolve(options.out)}`);
}

/** The same way of fitting a picture, into another size: of a crop, the shorter side grows along. */
function atSize(trained: Preprocessing, size: number): Preprocessing {
  return trained.fit === "squeeze"
    ? { ...trained, size }
    : { ...trained, size, shorterSide: Math.round(trained.shorterSide * size / trained.size) };
}

function requireHeldOut(count: number, minimum: number): void {
  if (count >= minimum) return;
  throw new ExportError(
    `Cannot measure the int8 encoder: ${minimum} held-out pictures that can be read are required: received ${count} ` +
      "(train with a larger --held-out, or lower --held-out-minimum)",
  );
}

/**
 * The settings without the folders: where pictures and runs lie on this machine is nobody else's business. Of a run that it
 * started from, the name is left; of modules, that they were some.
 */
function publicSettings({ data: _data, test: _test, ...settings }: Settings): Record<string, unknown> {
  const named = (views: string) => views.includes("/") ? "custom" : views;
  const { views, keyViews, from } = settings;
  return {
    ...settings,
    views: named(views),
    ...keyViews !== undefined && { keyViews: named(keyViews) },
    ...from !== undefined && { from: basename(from) },
  };
}

function inputSide(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 8 || value > 1024) {
    throw new InvalidArgumentError("a whole number from 8 to 1024 is required");
  }
  return value;
}

function atLeast(minimum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`a whole number, at least ${minimum}, is required`);
    }
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError("a number from 0 to 1 is required");
  return value;
}
