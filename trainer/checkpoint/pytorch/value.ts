import type { Global } from "./globals.ts";
import type { StorageReference, TensorReference } from "./tensor_reference.ts";

/** A dictionary, by its keys; never a JavaScript object, whose keys have meanings of their own. */
export class Dictionary {
  readonly entries = new Map<Value, Value>();
}

/** Something that no tensor needs. */
export class Opaque {
  constructor(readonly name: string) {}
}

/** What a pickle can hold here. Lists, tuples and sets are all arrays. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Value[]
  | Dictionary
  | Opaque
  | Global
  | StorageReference
  | TensorReference;

/** What a value is, for an error message; it never looks into a container, which may be deep. */
export function describe(value: Value | undefined): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value !== "object") return String(value);
  return "name" in value ? value.name.slice(0, 100) : value.constructor.name;
}
