import { InvalidRequestError } from "../request_errors.ts";
import type { BundleTraits } from "../store/store.ts";

/** @throws {InvalidRequestError} if a precision was chosen that the bundle has no threshold of */
export function requirePrecision(precision: number | null, { thresholds = [] }: BundleTraits): void {
  if (precision === null || thresholds.some((each) => each.precision === precision)) return;
  const known = thresholds.map((each) => each.precision).join(", ") || "none";
  throw new InvalidRequestError(
    `Cannot make the collection: precision must be one that the bundle has a threshold of (${known}): received ${precision}`,
    { param: "precision" },
  );
}
