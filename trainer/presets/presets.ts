import { cifar10 } from "./cifar10.ts";
import { cifar10Small } from "./cifar10_small.ts";
import { copy } from "./copy.ts";
import { mocoV1 } from "./moco_v1.ts";
import { mocoV2 } from "./moco_v2.ts";
import { photos } from "./photos.ts";
import type { RunSettings } from "../moco/settings.ts";
import { BASE, type Preset } from "./preset.ts";

/** Recipes by the names that `--preset` takes. */
export const PRESETS = {
  "photos": photos,
  "copy": copy,
  "moco-v1": mocoV1,
  "moco-v2": mocoV2,
  "cifar10": cifar10,
  "cifar10-small": cifar10Small,
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

/** A preset with all that it leaves to the official code's defaults. */
export function recipe(name: PresetName): RunSettings {
  return { ...BASE, minutes: null, ...PRESETS[name] };
}
