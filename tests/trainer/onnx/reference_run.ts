import { join } from "@std/path";
import { writeCheckpoint } from "../../../trainer/checkpoint/run.ts";
import type { TensorMap } from "../../../trainer/checkpoint/safetensors.ts";
import { IMAGENET_MEAN, IMAGENET_STD, type Settings } from "../../../trainer/moco/settings.ts";
import { PHOTOS } from "../commands/command_line.ts";
import { references } from "./reference.ts";

/** Writes a run of the reference's encoder, as if it were trained on the fixture's photos with 24 of them set aside. */
export async function writeReferenceRun(run: string): Promise<void> {
  const [reference] = await references();
  const { weights, size, architecture: { width, stem, dim } } = reference!;
  const settings: Settings = {
    ...{ data: PHOTOS, heldOut: 24, seed: 0, size, mean: IMAGENET_MEAN, std: IMAGENET_STD },
    ...{ width, stem, dim, batch: 8, bnSplits: 1, queue: 16, keyMomentum: 0.9, temperature: 0.2 },
    ...{ architecture: "resnet18", head: "mlp", views: "v2", symmetric: false, schedule: "cosine" },
    ...{ precision: "float32", learningRate: 0.06, sgdMomentum: 0.9, weightDecay: 1e-4, epochs: 1 },
    minutes: null,
  };
  await Deno.mkdir(run);
  await Deno.writeTextFile(join(run, "settings.json"), JSON.stringify(settings));
  const state: TensorMap = new Map(Array.from(weights, ([name, tensor]) => [`encoder_q.${name}`, tensor]));
  await writeCheckpoint(run, state, { step: 3, epoch: 0.6, seconds: 1, loss: 3.6, pictures: 40 });
}
