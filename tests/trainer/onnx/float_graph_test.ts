import { assertAlmostEquals, assertEquals } from "@std/assert";
import { layOut } from "../../../trainer/moco/architecture.ts";
import { foldBatchNorms } from "../../../trainer/onnx/fold.ts";
import { floatGraph, OUTPUT } from "../../../trainer/onnx/float_graph.ts";
import { openSession } from "../../../trainer/onnx/session.ts";
import { references } from "./reference.ts";

for (const { name, architecture, size, weights, pictures, embeddings } of await references()) {
  Deno.test(`floatGraph() gives the official encoder's embeddings when it has the weights of ${name}`, async () => {
    const network = layOut(architecture);
    const graph = floatGraph(network, foldBatchNorms(network, weights), size, "projection");
    const session = await openSession(graph, size);
    const actual = (await session.run(pictures)).get(OUTPUT)!;
    await session.release();
    assertEquals(actual.length, embeddings.data.length);
    const worst = actual.reduce((w, x, i) => Math.max(w, Math.abs(x - embeddings.data[i]!)), 0);
    assertAlmostEquals(worst, 0, 1e-5);
  });
}

Deno.test("floatGraph() gives pooled features of unit length when the layer is backbone", async () => {
  const [{ architecture, size, weights, pictures }] = await references() as [
    Awaited<ReturnType<typeof references>>[0],
  ];
  const network = layOut(architecture);
  const graph = floatGraph(network, foldBatchNorms(network, weights), size, "backbone");
  const session = await openSession(graph, size);
  const features = (await session.run(pictures.subarray(0, 3 * size * size))).get(OUTPUT)!;
  await session.release();
  assertEquals(features.length, network.features);
  assertAlmostEquals(Math.hypot(...features), 1, 1e-6);
});

Deno.test("floatGraph() pools by the generalized mean when the pooling is GeM", async () => {
  const [reference] = await references();
  const { architecture, size, weights, pictures } = reference!;
  const network = layOut({ ...architecture, pooling: "gem" });
  const graph = floatGraph(network, foldBatchNorms(network, weights), size, "backbone");
  const places = "layer4.1.add.relu"; // [1, features, 4, 4]
  const session = await openSession({ ...graph, outputs: [...graph.outputs, { name: places }] }, size);
  const results = await session.run(pictures.subarray(0, 3 * size * size));
  await session.release();
  const values = results.get(places)!;
  const pooled = Array.from({ length: network.features }, (_, channel) => {
    const own = values.subarray(channel * 16, (channel + 1) * 16);
    return Math.cbrt(own.reduce((sum, x) => sum + Math.max(x, 1e-6) ** 3 / 16, 0));
  });
  const norm = Math.hypot(...pooled);
  results.get(OUTPUT)!.forEach((x, channel) => assertAlmostEquals(x, pooled[channel]! / norm, 1e-5));
});
