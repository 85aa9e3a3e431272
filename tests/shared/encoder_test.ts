import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { type Bundle, openBundle } from "../../shared/bundle.ts";
import { createEncoder, EncoderError } from "../../shared/encoder.ts";
import { dot } from "../../shared/vector.ts";

const FOLDER = new URL("../../fixtures/bundle/", import.meta.url);
const bundle: Bundle = await openBundle(
  await Deno.readTextFile(new URL("manifest.json", FOLDER)),
  await Deno.readFile(new URL("encoder.onnx", FOLDER)),
);
const encoder = await createEncoder(bundle);
const VALUES = 3 * bundle.manifest.preprocessing.size ** 2;

function input(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count * VALUES }, (_, i) => Math.sin(seed + i * 0.37));
}

Deno.test("createEncoder() embeds each picture of a batch as if it were alone, at unit length", async () => {
  const batch = input(3, 0);
  const together = await encoder.embed(batch, 3);
  assertEquals(together.length, 3 * encoder.dimensions);
  for (let i = 0; i < 3; i++) {
    const alone = await encoder.embed(batch.slice(i * VALUES, (i + 1) * VALUES), 1);
    const row = together.slice(i * encoder.dimensions, (i + 1) * encoder.dimensions);
    assertAlmostEquals(dot(alone, alone), 1, 1e-5);
    assertAlmostEquals(dot(alone, row), 1, 1e-5);
  }
});

Deno.test("createEncoder() keeps simultaneous calls apart", async () => {
  const inputs = [1, 2, 3, 4].map((seed) => input(1, seed));
  const together = await Promise.all(inputs.map((one) => encoder.embed(one, 1)));
  for (const [i, one] of inputs.entries()) assertEquals(together[i], await encoder.embed(one, 1));
});

Deno.test("createEncoder() refuses input of a wrong length, and embeds the next", async () => {
  await assertRejects(() => encoder.embed(new Float32Array(5), 1), EncoderError, "received 5");
  await assertRejects(() => encoder.embed(new Float32Array(0), 0), EncoderError, "received 0");
  await encoder.embed(input(1, 0), 1);
});

Deno.test("createEncoder() refuses a graph that is broken, or is not the manifest's", async () => {
  const broken = { ...bundle, encoder: bundle.encoder.slice(0, 1000) };
  await assertRejects(() => createEncoder(broken), EncoderError, "Cannot load the encoder");
  const { manifest } = bundle;
  const renamed = {
    ...bundle,
    manifest: { ...manifest, encoder: { ...manifest.encoder, output: "features" } },
  };
  await assertRejects(() => createEncoder(renamed), EncoderError, 'output "features": received embedding');
});
