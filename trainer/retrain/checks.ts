import type { Manifest } from "../../shared/bundle.ts";
import { type Check, passes } from "../../shared/registry/comparison.ts";
import { COLLAPSE_LIMITS } from "../evaluate/collapse.ts";
import type { GateLimits } from "./limits.ts";
import type { BundleMeasures } from "./measure_bundle.ts";

/** A bundle's figures: measured by the gate, and what its manifest says. */
export interface Figures extends BundleMeasures {
  /** Undefined for a bundle that is not int8. */
  quantization: Manifest["quantization"];
  /** Size of the encoder. */
  bytes: number;
  /** For one picture on one thread. */
  milliseconds: number;
}

/**
 * Every figure of a candidate with what it must be.
 *
 * @param current of the bundle that the candidate would follow; undefined for a registry's first
 * @param untrained micro average precision of the candidate's network untrained, which a first bundle must be better than
 */
export function checkFigures(
  candidate: Figures,
  current: Figures | undefined,
  untrained: number | undefined,
  limits: GateLimits,
): Check[] {
  const checks: Check[] = [];
  const check = (
    [id, name, unit]: [id: string, name: string, unit?: string],
    figure: (figures: Figures) => number | undefined,
    relation: Check["relation"],
    required: (current: number | undefined) => number | undefined,
  ) => {
    const [measured, now] = [figure(candidate), current && figure(current)];
    const limit = required(now);
    if (measured === undefined || limit === undefined) return;
    const entry = { measured: finite(measured), current: finite(now), relation, required: limit };
    checks.push({ id, name, ...unit ? { unit } : {}, ...entry, passed: passes(entry) });
  };
  /** What is left of the current figure, without the margin; nothing is required where there is no current one. */
  const less = (margin: number) => (now: number | undefined) => now === undefined ? undefined : now - margin;
  const times = (factor: number) => (now: number | undefined) => now === undefined ? undefined : now * factor;

  check(
    ["copy.microAP", "copies: micro average precision"],
    ({ copy }) => copy.microAP,
    "at least",
    (now) => now === undefined ? untrained && untrained + limits.learned : now - limits.copyMargin,
  );
  check(
    ["copy.recall", "copies: recall at 99 % precision"],
    ({ copy }) => copy.recall,
    "at least",
    less(limits.recallMargin),
  );
  check(["knn", "classes: accuracy of kNN"], ({ knn }) => knn, "at least", less(limits.knnMargin));
  check(
    ["collapse.spread", "collapse: spread of the embeddings"],
    ({ collapse }) => collapse.spread,
    "at least",
    () => COLLAPSE_LIMITS.spread,
  );
  check(
    ["collapse.effectiveRank", "collapse: effective rank"],
    ({ collapse }) => collapse.effectiveRank,
    "at least",
    (now) => Math.max(COLLAPSE_LIMITS.effectiveRank, limits.rankShare * (now ?? 0)),
  );
  check(
    ["falseCopies", "different pictures that pass for copies"],
    ({ falseCopies }) => falseCopies,
    "at most",
    () => limits.falseCopies,
  );
  check(
    ["int8.centredCosine", "int8 against float: mean centred cosine"],
    ({ quantization }) => quantization?.centredCosine.mean,
    "at least",
    () => limits.int8Agreement,
  );
  check(
    ["int8.nearestIsOwn", "int8 against float: nearest is its own"],
    ({ quantization }) => quantization?.nearestIsOwn,
    "at least",
    () => limits.int8Agreement,
  );
  check(
    ["milliseconds", "time for a picture", "ms"],
    ({ milliseconds }) => milliseconds,
    "at most",
    times(limits.slower),
  );
  check(["bytes", "size of the encoder", "bytes"], ({ bytes }) => bytes, "at most", times(limits.larger));
  return checks;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
