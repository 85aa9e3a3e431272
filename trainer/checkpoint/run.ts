import { join } from "@std/path";
import { z } from "zod";
import type { Architecture } from "../moco/architecture.ts";
import { below } from "../moco/moco.ts";
import { architectureOf, type Settings, settingsSchema } from "../moco/settings.ts";
import { writeAtomically } from "./atomic.ts";
import { readSafetensors, SafetensorsError, type TensorMap, writeSafetensors } from "./safetensors.ts";

/** A run's folder: `settings.json`, `metrics.jsonl`, `checkpoint.json` and the safetensors file that it names. */
const progressSchema = z.strictObject({
  step: z.int().min(0),
  /** Passes over the pictures, with the share of the current one. */
  epoch: z.number().min(0),
  /** Time spent in steps, over all sessions of the run. */
  seconds: z.number().min(0),
  /** Mean over the latest steps; null before the first. */
  loss: z.number().nullable(),
  /** Pictures that the run trains on. */
  pictures: z.int().min(0),
});
export type Progress = z.infer<typeof progressSchema>;

const checkpointSchema = z.strictObject({ file: z.string(), progress: progressSchema });

export class CheckpointError extends Error {
  override name = "CheckpointError";
}

/**
 * Writes a checkpoint. The tensors go into a new file first; then `checkpoint.json` is replaced, which makes it the
 * run's checkpoint; then the old file goes, with what crashes left. A crash at any point leaves a complete one.
 */
export async function writeCheckpoint(run: string, state: TensorMap, progress: Progress): Promise<string> {
  const file = `checkpoint-${String(progress.step).padStart(8, "0")}.safetensors`;
  await writeAtomically(join(run, file), writeSafetensors(state));
  await writeAtomically(join(run, "checkpoint.json"), JSON.stringify({ file, progress }, null, 2) + "\n");
  for await (const { name } of Deno.readDir(run)) {
    if (/^checkpoint-\d+\.safetensors(\.partial)?$/.test(name) && name !== file) {
      await Deno.remove(join(run, name));
    }
  }
  return join(run, file);
}

/**
 * Reads all that a run needs to go on: `encoder_q.*`, `encoder_k.*`, `queue`, `optimizer.*`.
 *
 * @throws {CheckpointError} if the folder holds no run, or no whole checkpoint of it
 */
export async function readCheckpoint(
  run: string,
): Promise<{ settings: Settings; state: TensorMap; progress: Progress }> {
  const settings = parse(settingsSchema, await readText(run, "settings.json"), join(run, "settings.json"));
  const { file, progress } = parse(
    checkpointSchema,
    await readText(run, "checkpoint.json"),
    join(run, "checkpoint.json"),
  );
  return { settings, state: await readTensors(join(run, file)), progress };
}

/** What export needs of a run. */
export interface Run {
  settings: Settings;
  architecture: Architecture;
  /** The query encoder, in the official code's names without `encoder_q.`. */
  weights: TensorMap;
  progress: Progress;
}

/** @throws {CheckpointError} if the folder holds no run, or no checkpoint of it */
export async function readRun(run: string): Promise<Run> {
  const { settings, state, progress } = await readCheckpoint(run);
  return { settings, architecture: architectureOf(settings), weights: below(state, "encoder_q."), progress };
}

async function readTensors(path: string): Promise<TensorMap> {
  try {
    return readSafetensors(await Deno.readFile(path)).tensors;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound || cause instanceof SafetensorsError)) throw cause;
    const reason = cause instanceof SafetensorsError ? cause.message : "there is no such file";
    throw new CheckpointError(`Cannot read the checkpoint ${path}: ${reason}`, { cause });
  }
}

async function readText(run: string, name: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(run, name));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new CheckpointError(
      `Cannot read the run ${run}: a folder that "deno task train" wrote is required: it has no ${name}`,
      { cause },
    );
  }
}

function parse<T>(schema: z.ZodType<T>, json: string, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new CheckpointError(`Cannot read ${path}: JSON is required`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new CheckpointError(`Cannot read ${path}: it is not valid:\n${z.prettifyError(result.error)}`);
}
