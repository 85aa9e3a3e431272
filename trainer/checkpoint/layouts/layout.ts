import type { Architecture } from "../../moco/architecture.ts";

/** What a layout knows of a checkpoint with its names. */
export interface Recognised {
  /** How a tensor is called in a run (`encoder_q.layer1.0.conv1.weight`, `queue`, `queue_ptr`); undefined if a run has no such one. */
  rename(name: string): string | undefined;
  /** What a first convolution of 3x3 belongs to, which its shape does not tell; undefined if a run has no such stem. */
  smallStem: Architecture["stem"] | undefined;
}

/** How a library names the tensors of a ResNet that it trained. */
export interface Layout {
  name: string;
  /** What a checkpoint of it has, for those whose file has something else. */
  expects: string;
  /** @returns undefined if these are not the layout's names */
  recognise(names: ReadonlySet<string>): Recognised | undefined;
}

/** `prefix` of a name replaced; undefined if the name has another. */
export function replacePrefix(name: string, prefixes: Record<string, string>): string | undefined {
  for (const [prefix, replacement] of Object.entries(prefixes)) {
    if (name.startsWith(prefix)) return replacement + name.slice(prefix.length);
  }
  return undefined;
}
