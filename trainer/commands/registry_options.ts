import { InvalidArgumentError, Option } from "commander";
import { openObjects, parseLocation } from "../../shared/objects/location.ts";
import { Registry } from "../../shared/registry/registry.ts";
import { type GateLimits, gateLimitsSchema } from "../retrain/limits.ts";

/** The registry: the endpoint's own, by the same variable. */
export function registryOption(): Option {
  return new Option("--registry <place>", "a folder, s3://bucket/prefix or https://server/bucket/prefix")
    .env("REGISTRY")
    .makeOptionMandatory();
}

/** @throws {ObjectStoreError} if the place names no bucket */
export function openRegistry(place: string): Registry {
  return new Registry(
    openObjects(parseLocation(place, (name) => Deno.env.get(name)), { files: Deno, fetch }),
  );
}

/** Limits of the gate that are not to be as they are by default: `name=value`. */
export function limitOption(): Option {
  const names = Object.keys(gateLimitsSchema.shape);
  return new Option("--limit <name=value...>", `another limit than the default: ${names.join(", ")}`)
    .argParser((text: string, before: Record<string, number> = {}) => {
      const [name = "", value = ""] = text.split("=");
      if (!names.includes(name) || value === "" || !Number.isFinite(Number(value))) {
        throw new InvalidArgumentError(`NAME=NUMBER of ${names.join(", ")} is required.`);
      }
      return { ...before, [name]: Number(value) };
    });
}

/** @throws {InvalidArgumentError} if one is out of its range */
export function readLimits(given: Record<string, number> = {}): GateLimits {
  const result = gateLimitsSchema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new InvalidArgumentError(`--limit ${issue!.path.join(".")}: ${issue!.message}`);
}
