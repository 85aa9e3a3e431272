import { assert, assertEquals, assertLess } from "@std/assert";
import { join } from "@std/path";
import { createEncoder } from "../../shared/encoder.ts";
import { dot } from "../../shared/vector.ts";
import { listPictures } from "../../trainer/data/listing.ts";
import { findPictures, openPictures } from "../../trainer/data/picture_source.ts";
import { compareEmbeddings } from "../../trainer/onnx/compare.ts";
import type { Layer } from "../../trainer/onnx/float_graph.ts";
import { loadTensorFlow } from "../../trainer/tensorflow/load.ts";
import { answer, upload, withApp } from "../functions/test_app.ts";
import { PHOTOS, withFolder } from "../trainer/commands/command_line.ts";
import {
  embedByBundle,
  embedByFloatGraph,
  embedByTrainer,
  readBundle,
  readPicture,
  succeed,
} from "./whole_line.ts";

const { tf } = await loadTensorFlow();

/** Largest difference of any element. */
function farthest(a: Float32Array, b: Float32Array): number {
  assertEquals(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** Exports a run's layer, serves it, and holds trainer, float graph, int8 graph and endpoint against each other. */
async function checkExport(
  run: string,
  out: string,
  data: string,
  layer: Layer,
  heldOut: number,
  options: string[] = [],
): Promise<void> {
  await succeed("export", "--run", run, "--out", out, "--layer", layer, ...options);
  const bundle = await readBundle(out);
  const { manifest } = bundle;
  assertEquals([manifest.embedding.layer, manifest.quantization?.heldOutPictures], [layer, heldOut]);

  const names = await listPictures(data);
  const pictures = await Promise.all(
    names.map((name) => readPicture(join(data, name), manifest.preprocessing)),
  );
  const trained = await embedByTrainer(tf, run, pictures, layer);
  const float = await embedByFloatGraph(run, pictures, layer);
  assertLess(farthest(float, trained), 1e-4);

  const int8 = await embedByBundle(bundle, pictures);
  const { dimensions } = manifest.embedding;
  assertEquals(compareEmbeddings(float, int8, dimensions).nearestIsOwn, 1);

  await withApp(async (app) => {
    for (let i = 0; i < pictures.length; i += 16) {
      const { data: [served] } = await answer(
        await app.request("/v1/embeddings", upload(pictures[i]!.bytes)),
      );
      const embedding = Float32Array.from(served!.embedding as number[]);
      const similarity = dot(embedding, int8.slice(i * dimensions, (i + 1) * dimensions));
      assert(similarity > 0.999999, `${names[i]}: ${similarity}`); // measured: the same numbers, to the bit
    }
  }, { manifest, encoder: await createEncoder(bundle) });
}

const SETTINGS = ["--width", "16", "--size", "64", "--dim", "64", "--bn-splits", "2", "--epochs", "1"];

Deno.test("what was trained for two steps is what is exported and served", async () => {
  await withFolder(async (folder) => {
    const run = join(folder, "run");
    const pictures = ["--data", PHOTOS, "--held-out", "24", "--batch", "20", "--queue", "20"];
    await succeed("train", ...pictures, "--out", run, ...SETTINGS);
    for (const layer of ["projection", "backbone"] as const) {
      const fewer = ["--held-out-minimum", "24", "--minimum-agreement", "0.9"];
      await checkExport(run, join(folder, layer), PHOTOS, layer, 24, fewer);
    }
  });
});

// The same by the limits that export has unless told otherwise, where the photos are at hand.
const shared = Deno.env.get("LOOKALIKE_SHARED");
if (shared) {
  Deno.test("what was trained for two steps is what is exported and served, also on 256 photos held out", async () => {
    await withFolder(async (folder) => {
      const data = join(folder, "photos");
      await Deno.mkdir(data);
      const { pictures, paths } = await findPictures(join(shared, "data", "photos.tar"));
      const set = await openPictures(pictures);
      for (const path of paths.filter((path) => path.includes("scenes/")).slice(0, 296)) {
        await Deno.writeFile(join(data, path.split("/").at(-1)!), await set.read(path) as Uint8Array);
      }
      const run = join(folder, "run");
      await succeed(
        ...[
          "train",
          "--data",
          data,
          "--held-out",
          "256",
          "--batch",
          "20",
          "--queue",
          "20",
          "--out",
          run,
        ] as const,
        ...SETTINGS,
      );
      await checkExport(run, join(folder, "bundle"), data, "projection", 256);
    });
  });
}
