import { join } from "@std/path";
import { type Bundle, openBundle, type Preprocessing } from "../../shared/bundle.ts";
import { decodeImage } from "../../shared/image/decode.ts";
import { coverOf, fitPixels, preprocess } from "../../shared/image/preprocess.ts";
import { readCheckpoint, readRun } from "../../trainer/checkpoint/run.ts";
import { normalizePixels } from "../../trainer/data/step_inputs.ts";
import { layOut } from "../../trainer/moco/architecture.ts";
import { MoCo } from "../../trainer/moco/moco.ts";
import { dimensions, floatGraph, type Layer, OUTPUT } from "../../trainer/onnx/float_graph.ts";
import { foldBatchNorms } from "../../trainer/onnx/fold.ts";
import { openSession } from "../../trainer/onnx/session.ts";
import type { TensorFlow } from "../../trainer/tensorflow/load.ts";
import { runTask } from "../trainer/commands/command_line.ts";

/** Runs a task that must succeed; throws with what it wrote otherwise. */
export async function succeed(task: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await runTask(task, ...args);
  if (code !== 0) throw new Error(`${task} must succeed: it ended with ${code}: ${stderr}`);
}

/** Reads a bundle from its folder. */
export async function readBundle(folder: string): Promise<Bundle> {
  return await openBundle(
    await Deno.readTextFile(join(folder, "manifest.json")),
    await Deno.readFile(join(folder, "encoder.onnx")),
  );
}

/** A picture as the trainer and as the graphs take it: the same squeezed pixels. */
export interface Picture {
  bytes: Uint8Array<ArrayBuffer>;
  /** [size, size, 3], normalised. */
  nhwc: Float32Array;
  /** [3, size, size], normalised. */
  nchw: Float32Array;
}

export async function readPicture(path: string, preprocessing: Preprocessing): Promise<Picture> {
  const { mean, std } = preprocessing;
  const bytes = await Deno.readFile(path);
  const { pixels } = await decodeImage(bytes, { maxPixels: 1e8, cover: coverOf(preprocessing) });
  const nhwc = normalizePixels(fitPixels(pixels, preprocessing), mean, std);
  return { bytes, nhwc, nchw: preprocess(pixels, preprocessing) };
}

/** What the trainer's own encoder makes of pictures: [pictures, dimensions], of unit norm. */
export async function embedByTrainer(
  tf: typeof TensorFlow,
  run: string,
  pictures: Picture[],
  layer: Layer,
): Promise<Float32Array> {
  const { settings, state } = await readCheckpoint(run);
  const { architecture } = await readRun(run);
  const { queue: K, keyMomentum: m, temperature: T, size } = settings;
  const moco = new MoCo(tf, { ...settings, architecture, K, m, T }, state);
  const embeddings = pictures.map(({ nhwc }) =>
    tf.tidy(() => {
      const x = tf.tensor4d(nhwc, [1, size, size, 3]);
      if (layer === "projection") return moco.embed(x).dataSync();
      const features = moco.query.features(x, { training: false });
      return tf.div(features, tf.norm(features)).dataSync();
    })
  );
  moco.dispose();
  return concatenate(embeddings as Float32Array[]);
}

/** What the float graph, which the int8 one is made from, makes of pictures. */
export async function embedByFloatGraph(
  run: string,
  pictures: Picture[],
  layer: Layer,
): Promise<Float32Array> {
  const { settings: { size }, architecture, weights } = await readRun(run);
  const network = layOut(architecture);
  const session = await openSession(floatGraph(network, foldBatchNorms(network, weights), size, layer), size);
  const embeddings: Float32Array[] = [];
  for (const { nchw } of pictures) embeddings.push((await session.run(nchw)).get(OUTPUT) as Float32Array);
  await session.release();
  if (embeddings[0]?.length !== dimensions(network, layer)) {
    throw new RangeError("the graph's output is too short");
  }
  return concatenate(embeddings);
}

/** What a bundle's int8 graph makes of pictures. */
export async function embedByBundle(
  { encoder, manifest }: Bundle,
  pictures: Picture[],
): Promise<Float32Array> {
  const session = await openSession(encoder, manifest.preprocessing.size);
  const embeddings: Float32Array[] = [];
  for (const { nchw } of pictures) {
    embeddings.push((await session.run(nchw)).get(manifest.encoder.output) as Float32Array);
  }
  await session.release();
  return concatenate(embeddings);
}

function concatenate(parts: Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
