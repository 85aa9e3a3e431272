import { type Bundle, openBundle } from "../../shared/bundle.ts";
import { sha256Hex } from "../../shared/digest.ts";
import type { Comparison } from "../../shared/registry/comparison.ts";
import { readBundleFiles } from "../onnx/bundle_folder.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { checkFigures, type Figures } from "./checks.ts";
import type { HeldOut } from "./held_out.ts";
import type { GateLimits } from "./limits.ts";
import { type BundleMeasures, COPY_ORIGINALS, measureBundle, untrainedPrecision } from "./measure_bundle.ts";
import { timeEncoders } from "./time_encoders.ts";

export interface GateRequest {
  /** Folder of the bundle that would become current. */
  candidate: string;
  /** The bundle that is; undefined for a registry's first, which is held against its own network untrained. */
  current: Bundle | undefined;
  heldOut: HeldOut;
  limits: GateLimits;
  /** Most pictures whose edits are looked up. */
  originals?: number;
}

/**
 * Measures a candidate and the current bundle on the same held-out pictures, and says whether the candidate may follow it.
 *
 * @throws {BundleError} if the candidate's files do not belong together
 * @throws {EncoderError} if its graph does not run
 * @throws {EvaluationError} if it gives no finite vectors, there are too few pictures, or it is a first one whose manifest
 * does not describe its network
 */
export async function compareBundles(tf: typeof TensorFlow, request: GateRequest): Promise<Comparison> {
  const { candidate: folder, current, heldOut, limits, originals = COPY_ORIGINALS } = request;
  const { manifest, encoder } = await readBundleFiles(folder);
  const candidate = await openBundle(new TextDecoder().decode(manifest), encoder);
  const measured = await measureBundle(tf, candidate, heldOut, originals);
  const before = current && await measureBundle(tf, current, heldOut, originals);
  const untrained = current ? undefined : await untrainedPrecision(tf, candidate, heldOut, originals);
  const [milliseconds = NaN, milliseconds0 = NaN] = await timeEncoders([
    candidate,
    ...current ? [current] : [],
  ]);
  const checks = checkFigures(
    figuresOf(candidate, measured, milliseconds),
    current && figuresOf(current, before!, milliseconds0),
    untrained,
    limits,
  );
  return {
    format: "lookalike-comparison/1",
    created: new Date().toISOString(),
    candidate: candidate.manifest.id,
    manifest: await sha256Hex(manifest),
    against: current?.manifest.id ?? null,
    passed: checks.every(({ passed }) => passed),
    heldOut: { pictures: heldOut.paths.length, fingerprint: heldOut.fingerprint },
    checks,
  };
}

function figuresOf({ manifest }: Bundle, measures: BundleMeasures, milliseconds: number): Figures {
  return {
    ...measures,
    quantization: manifest.quantization,
    bytes: manifest.encoder.bytes,
    milliseconds,
  };
}
