import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Preprocessing } from "../../../shared/bundle.ts";
import { preprocess } from "../../../shared/image/preprocess.ts";
import { listPictures } from "../../../trainer/data/listing.ts";
import { loadPictures } from "../../../trainer/data/loader.ts";
import { colourHistogram } from "../../../trainer/evaluate/colour_histogram.ts";
import { type Embedder, embedPictures } from "../../../trainer/evaluate/embedder.ts";
import { EvaluationError } from "../../../trainer/evaluate/error.ts";
import { normalizeFeatures } from "../../../trainer/evaluate/features.ts";
import { networkEmbedder } from "../../../trainer/evaluate/network_embedder.ts";
import { layOut } from "../../../trainer/moco/architecture.ts";
import { floatGraph, OUTPUT } from "../../../trainer/onnx/float_graph.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import { openSession } from "../../../trainer/onnx/session.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { references } from "../onnx/reference.ts";

const photos = fromFileUrl(new URL("../../../fixtures/photos", import.meta.url));
const paths = await listPictures(photos);
const [reference] = await references();
const preprocessing: Preprocessing = {
  ...{ fit: "squeeze", size: reference!.size, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};
const { size } = preprocessing;
const pictureLength = size * size * 3;
/** The sum and the last byte of a picture. */
const sums: Embedder = {
  dimensions: 2,
  embed: (pixels, count) =>
    Promise.resolve(Float32Array.from({ length: 2 * count }, (_, i) => {
      const own = pixels.subarray((i >> 1) * pictureLength, ((i >> 1) + 1) * pictureLength);
      return i % 2 === 0 ? own.reduce((sum, value) => sum + value, 0) : own.at(-1)!;
    })),
};

Deno.test("embedPictures() gives each embedder every readable picture in order, and tells the others", async () => {
  const given = [...paths, "gone.jpg", ...paths.slice(0, 10)]; // more than one batch
  let files = 0;
  const { paths: read, features, skipped } = await embedPictures(
    photos,
    given,
    preprocessing,
    { sums, colours: colourHistogram(size) },
    (count) => files += count,
  );
  assertEquals(read, given.filter((path) => path !== "gone.jpg"));
  assertEquals([...skipped.keys()], ["gone.jpg"]);
  assertEquals(files, given.length);
  assertEquals(features.colours.values.length, read.length * 512);
  let picture = 0;
  for await (const { pixels } of loadPictures(photos, read, preprocessing, 1)) {
    assertEquals(
      features.sums.values.slice(2 * picture, 2 * picture + 2),
      await sums.embed(pixels, 1),
    );
    picture++;
  }
});

Deno.test("embedPictures() refuses when no picture can be read, or a feature is not finite", async () => {
  await assertRejects(
    () => embedPictures(photos, ["gone.jpg"], preprocessing, { sums }),
    EvaluationError,
    "received none",
  );
  const broken: Embedder = { dimensions: 1, embed: () => Promise.resolve(Float32Array.of(1, NaN)) };
  await assertRejects(
    () => embedPictures(photos, paths.slice(0, 2), preprocessing, { broken }),
    EvaluationError,
    `received NaN for ${paths[1]}`,
  );
});

Deno.test("networkEmbedder() gives the vectors of the exported graph but for their length", async () => {
  const { tf } = await loadTensorFlow("cpu");
  const { architecture, weights } = reference!;
  const network = layOut(architecture);
  const pictures = await Array.fromAsync(loadPictures(photos, paths.slice(0, 3), preprocessing, 1));
  const pixels = Uint8Array.from(pictures.flatMap(({ pixels }) => [...pixels]));
  const input = Float32Array.from(pictures.flatMap(({ pixels }) => [
    ...preprocess({ width: size, height: size, data: pixels }, preprocessing),
  ]));
  for (const layer of ["backbone", "projection"] as const) {
    const embedder = networkEmbedder(tf, architecture, weights, preprocessing, layer);
    const before = tf.memory().numTensors;
    const values = await embedder.embed(pixels, 3);
    assertEquals(tf.memory().numTensors, before);
    assertEquals(values.length, 3 * embedder.dimensions);
    const normalized = normalizeFeatures({ values, dimensions: embedder.dimensions }).values;
    const session = await openSession(
      floatGraph(network, foldBatchNorms(network, weights), size, layer),
      size,
    );
    const expected = (await session.run(input)).get(OUTPUT)!;
    normalized.forEach((value, i) => assertAlmostEquals(value, expected[i]!, 1e-5));
    await session.release();
  }
});

Deno.test("colourHistogram() has the square root of each box's share, apart for each picture", async () => {
  const black = new Array(3 * 3).fill(0);
  const mixed = [255, 255, 255, 31, 31, 31, 0, 0, 0, 224, 0, 32];
  const picture = [...black, 255, 255, 255]; // 2 x 2
  const histograms = await colourHistogram(2).embed(Uint8Array.from([...picture, ...mixed]), 2);
  const filled = [...histograms.entries()].filter(([, share]) => share > 0);
  assertEquals(filled, [
    [0, Math.fround(Math.sqrt(3 / 4))],
    [511, 0.5],
    [512, Math.fround(Math.sqrt(2 / 4))],
    [512 + 7 * 64 + 1, 0.5],
    [512 + 511, 0.5],
  ]);
});
