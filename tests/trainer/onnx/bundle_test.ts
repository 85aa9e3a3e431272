import { assert, assertEquals, assertRejects } from "@std/assert";
import { openBundle } from "../../../shared/bundle.ts";
import { createEncoder } from "../../../shared/encoder.ts";
import { buildBundle, type BuiltBundle } from "../../../trainer/onnx/bundle.ts";
import { BundleFolderError, writeBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { formatReport, shortfalls } from "../../../trainer/onnx/report.ts";
import { references } from "./reference.ts";

const [reference] = await references();
const { architecture, size, weights, pictures, embeddings } = reference!;

async function* inputs(): AsyncGenerator<Float32Array> {
  const length = 3 * size * size;
  for (let at = 0; at < pictures.length; at += length) yield pictures.subarray(at, at + length);
}

function build(): Promise<BuiltBundle> {
  return buildBundle({
    architecture,
    weights,
    preprocessing: { fit: "squeeze", size, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    layer: "projection",
    int8Target: 0,
    ...{ probes: inputs(), calibration: inputs() },
    heldOut: inputs(),
    training: {
      method: "MoCo v2",
      architecture: {},
      settings: {},
      pictures: 16,
      steps: 3,
      epochs: 3,
      loss: 3.6,
    },
    created: new Date("2026-01-02T03:04:05Z"),
  });
}

Deno.test("buildBundle() gives a bundle that the edge function's encoder runs when it is opened", async () => {
  const { manifestJson, encoder, report } = await build();
  const bundle = await openBundle(manifestJson, encoder);
  assertEquals(bundle.manifest.created, "2026-01-02T03:04:05.000Z");
  assertEquals(bundle.manifest.quantization?.nearestIsOwn, report.nearestIsOwn);
  const count = embeddings.shape[0]!;
  const served = await (await createEncoder(bundle)).embed(pictures, count);
  const similarity = served.reduce((sum, x, i) => sum + x * embeddings.data[i]! / count, 0);
  assert(similarity > 0.99, `${similarity}`);
});

Deno.test("buildBundle() gives the same bundle when it is built again", async () => {
  const first = await build(), second = await build();
  assertEquals(first.encoder, second.encoder);
  assertEquals(JSON.parse(first.manifestJson).id, JSON.parse(second.manifestJson).id);
});

Deno.test("formatReport() and shortfalls() tell what int8 loses when the limit is out of reach", async () => {
  const { report } = await build();
  assert(formatReport(report).includes(`on ${report.heldOutPictures} held-out pictures`));
  assertEquals(shortfalls(report, 0), []);
  const [loss] = shortfalls({ ...report, nearestIsOwn: 0.5 }, 0.6);
  assertEquals(
    loss,
    "the share of int8 embeddings whose nearest float embedding is their own is 0.5000, below 0.6",
  );
});

Deno.test("writeBundle() writes both files when the folder is new, and refuses when it is not", async () => {
  const parent = await Deno.makeTempDir();
  try {
    const bundle = await build();
    await writeBundle(`${parent}/deep/bundle`, bundle);
    const written = await Deno.readFile(`${parent}/deep/bundle/encoder.onnx`);
    await openBundle(await Deno.readTextFile(`${parent}/deep/bundle/manifest.json`), written);
    await assertRejects(
      () => writeBundle(`${parent}/deep/bundle`, bundle),
      BundleFolderError,
      "must be a new",
    );
    assertEquals(Array.from(Deno.readDirSync(`${parent}/deep`), ({ name }) => name), ["bundle"]);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});
