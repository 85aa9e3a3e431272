import { basename, join } from "@std/path";
import { z } from "zod";
import type { Architecture } from "../moco/architecture.ts";
import { below } from "../moco/moco.ts";
import { architectureOf, type Settings, settingsSchema } from "../moco/settings.ts";
import { writeAtomically } from "./atomic.ts";
import { readSafetensors, SafetensorsError, type TensorMap, writeSafetensors } from "./safetensors.ts";

/*
 * A run's folder: `settings.json`, `metrics.jsonl`, `report.html`, `checkpoint.json` and the safetensors files that it
 * names.
 */

/** Checkpoints that are kept, the newest among them; the best is kept besides. */
const KEPT = 3;

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

const bestSchema = z.strictObject({ file: z.string(), knn: z.number() });
/** The checkpoint with the highest kNN accuracy (0..1) of those at which it was measured; of equal ones the newest. */
export type BestCheckpoint = z.infer<typeof bestSchema>;

const checkpointSchema = z.strictObject({
  /** The newest. */
  file: z.string(),
  progress: progressSchema,
  /** Those before it that are kept, newest first. */
  earlier: z.array(z.strictObject({ file: z.string(), progress: progressSchema })).default([]),
  best: bestSchema.optional(),
});
type Pointer = z.infer<typeof checkpointSchema>;

export class CheckpointError extends Error {
  override name = "CheckpointError";
}

/** The path of the checkpoint that a run has written at a step. */
export function checkpointPath(run: string, step: number): string {
  return join(run, `checkpoint-${String(step).padStart(8, "0")}.safetensors`);
}

/**
 * Writes a checkpoint. The tensors go into a new file first; then `checkpoint.json` is replaced, which makes it the
 * run's checkpoint; then old files go, with what crashes left. A crash at any point leaves a complete one. The last three
 * are kept, and the best by kNN.
 *
 * @param knn accuracy of the very weights that are written, where it was measured
 * @returns the best checkpoint so far; none is known where kNN was never measured
 * @throws {CheckpointError} if a number is not finite: the checkpoints before stay as they are
 */
export async function writeCheckpoint(
  run: string,
  state: TensorMap,
  progress: Progress,
  knn?: number,
): Promise<BestCheckpoint | undefined> {
  requireFinite(state);
  const path = checkpointPath(run, progress.step);
  const file = basename(path);
  const before = await readPointer(run);
  const earlier = before === undefined
    ? []
    : [before, ...before.earlier].filter((kept) => kept.file !== file).slice(0, KEPT - 1)
      .map(({ file, progress }) => ({ file, progress }));
  const best = knn === undefined || (before?.best && before.best.knn > knn) ? before?.best : { file, knn };

  await writeAtomically(path, writeSafetensors(state));
  await writePointer(run, { file, progress, earlier, best });
  return best;
}

/**
 * Makes the checkpoint before the newest the run's own again: for one whose numbers are finite, but with which the loss
 * is not.
 *
 * @returns the progress of what is the newest then, and the best, which is unknown if it was the one dropped; undefined
 *   if there is no other, and nothing was changed
 */
export async function dropCheckpoint(
  run: string,
): Promise<{ progress: Progress; best: BestCheckpoint | undefined } | undefined> {
  const { file, earlier: [newest, ...earlier] = [], best: before } = await readPointer(run) ?? {};
  if (newest === undefined) return undefined;
  const best = before?.file === file ? undefined : before;
  await writePointer(run, { ...newest, earlier, best });
  return { progress: newest.progress, best };
}

/** Replaces `checkpoint.json`, then removes the checkpoints that it does not name. */
async function writePointer(run: string, pointer: Pointer): Promise<void> {
  await writeAtomically(join(run, "checkpoint.json"), JSON.stringify(pointer, null, 2) + "\n");
  const kept = new Set([pointer.file, ...pointer.earlier.map(({ file }) => file), pointer.best?.file]);
  for await (const { name } of Deno.readDir(run)) {
    if (/^checkpoint-\d+\.safetensors(\.partial)?$/.test(name) && !kept.has(name)) {
      await Deno.remove(join(run, name));
    }
  }
}

/** A state that is not finite cannot be trained on, and must not push a good one out. */
function requireFinite(state: TensorMap): void {
  for (const [name, { data }] of state) {
    const wrong = data.findIndex((value) => !Number.isFinite(value));
    if (wrong === -1) continue;
    throw new CheckpointError(
      `Cannot write a checkpoint: finite numbers are required: received ${data[wrong]} in ${name}`,
    );
  }
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
  const pointerPath = join(run, "checkpoint.json");
  const { file, progress } = parse(checkpointSchema, await readText(run, "checkpoint.json"), pointerPath);
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

/** What `checkpoint.json` says; undefined in a run that has none yet. */
async function readPointer(run: string): Promise<Pointer | undefined> {
  const path = join(run, "checkpoint.json");
  try {
    return parse(checkpointSchema, await Deno.readTextFile(path), path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
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
