import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { decodeImage } from "../../../shared/image/decode.ts";
import { preprocess } from "../../../shared/image/preprocess.ts";
import { cosine } from "../../../shared/vector.ts";
import { buildBundle } from "../../../trainer/onnx/bundle.ts";
import { readBundle } from "../../../trainer/onnx/bundle_folder.ts";
import { OUTPUT } from "../../../trainer/onnx/float_graph.ts";
import { openSession } from "../../../trainer/onnx/session.ts";
import { runPython } from "../../python/packages.ts";
import { PHOTOS, withFolder } from "../commands/command_line.ts";
import { references } from "./reference.ts";

/** What tests/python/run_onnx.py says of a file. */
interface InPython {
  metadata: Record<string, string>;
  input: (string | number)[];
  embeddings: number[][];
  first: number[];
}

/** Writes the models into a folder and runs them in Python's onnxruntime on the pictures [N, 3, size, size]. */
async function inPython<Name extends string>(
  folder: string,
  models: Record<Name, Uint8Array>,
  pictures: Float32Array,
  size: number,
): Promise<Record<Name, InPython>> {
  const files = Object.keys(models).map((name) => join(folder, name));
  const named = Object.entries<Uint8Array>(models);
  for (const [i, [, bytes]] of named.entries()) await Deno.writeFile(files[i]!, bytes);
  const input = join(folder, "pictures");
  await Deno.writeFile(
    input,
    new Uint8Array(pictures.buffer, pictures.byteOffset, pictures.byteLength).slice(),
  );
  const answer: Record<string, InPython> = JSON.parse(
    await runPython("run_onnx.py", input, String(size), ...files),
  );
  return Object.fromEntries(named.map(([name], i) => [name, answer[files[i]!]!])) as Record<Name, InPython>;
}

/** Embeddings [N, D] by onnxruntime-web, one row each. */
async function inWeb(model: Uint8Array, pictures: Float32Array, size: number): Promise<Float32Array[]> {
  const session = await openSession(model, size);
  const values = (await session.run(pictures)).get(OUTPUT)!;
  await session.release();
  const count = pictures.length / (3 * size * size);
  const length = values.length / count;
  return Array.from({ length: count }, (_, n) => values.slice(n * length, (n + 1) * length));
}

function worstDifference(a: Float32Array, b: number[]): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

for (const { name, architecture, size, weights, pictures } of await references()) {
  Deno.test(`buildBundle() writes graphs that ONNX's checker accepts and Python runs alike when it has the weights of ${name}`, async () => {
    const each = async function* () {
      const length = 3 * size * size;
      for (let at = 0; at < pictures.length; at += length) yield pictures.subarray(at, at + length);
    };
    const { encoder, float, manifestJson } = await buildBundle({
      ...{ architecture, weights, layer: "projection", int8Target: 0 },
      ...{ probes: each(), calibration: each(), heldOut: each() },
      preprocessing: { fit: "squeeze", size, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      training: {
        ...{ method: "MoCo v2", architecture: { ...architecture }, settings: { seed: 0 } },
        ...{ pictures: 16, steps: 3, epochs: 3, loss: 3.6 },
      },
      created: new Date("2026-01-02T03:04:05Z"),
    });
    await withFolder(async (folder) => {
      const python = await inPython(folder, { float, int8: encoder }, pictures, size);
      const web = {
        float: await inWeb(float, pictures, size),
        int8: await inWeb(encoder, pictures, size),
      };
      web.float.forEach((row, n) =>
        assertAlmostEquals(worstDifference(row, python.float.embeddings[n]!), 0, 1e-5)
      );
      web.int8.forEach((row, n) => {
        const similarity = cosine(row, Float32Array.from(python.int8.embeddings[n]!));
        assert(similarity >= 0.999, `${similarity}`);
      });
      for (const { input, first, embeddings } of Object.values(python)) {
        assertEquals(input, ["N", 3, size, size]);
        assertAlmostEquals(worstDifference(Float32Array.from(first), embeddings[0]!), 0, 1e-5);
      }

      // A file without its manifest says what it is.
      const manifest = JSON.parse(manifestJson);
      const { metadata } = python.int8;
      assertEquals(metadata["lookalike.format"], manifest.format);
      assertEquals(metadata["lookalike.precision"], "int8");
      for (const part of ["embedding", "preprocessing", "similarity", "training"]) {
        assertEquals(JSON.parse(metadata[`lookalike.${part}`]!), manifest[part], part);
      }
      const { bytes: _, milliseconds: __, ...agreement } = manifest.quantization;
      assertEquals(JSON.parse(metadata["lookalike.quantization"]!), agreement);
      assertEquals(python.float.metadata["lookalike.precision"], "float32");
    });
  });
}

Deno.test("the default bundle gives the same embeddings of photos in Python's onnxruntime as in onnxruntime-web", async () => {
  const { encoder, manifest: { preprocessing } } = await readBundle("functions/embed/model");
  const { size } = preprocessing;
  const pictures = new Float32Array(8 * 3 * size * size);
  for (let i = 0; i < 8; i++) {
    const { pixels } = await decodeImage(await Deno.readFile(`${PHOTOS}/scenes_0${i}.jpg`), {
      maxPixels: 1e6,
    });
    pictures.set(preprocess(pixels, preprocessing), i * 3 * size * size);
  }
  await withFolder(async (folder) => {
    const { int8 } = await inPython(folder, { int8: encoder }, pictures, size);
    (await inWeb(encoder, pictures, size)).forEach((row, n) => {
      const similarity = cosine(row, Float32Array.from(int8.embeddings[n]!));
      assert(similarity >= 0.999, `${similarity}`);
    });
  });
});
