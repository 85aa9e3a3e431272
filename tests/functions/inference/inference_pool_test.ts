import { assert, assertEquals, assertRejects } from "@std/assert";
import { crc32 } from "node:zlib";
import { Image } from "imagescript";
import { type Inference, InferenceFailedError } from "../../../functions/embed/inference/inference.ts";
import { openInferencePool, type PoolOptions } from "../../../functions/embed/inference/inference_pool.ts";
import { createLocalInference } from "../../../functions/embed/inference/local_inference.ts";
import type { LogEntry } from "../../../functions/embed/log.ts";
import { DamagedImageError, ImageTooLargeError } from "../../../shared/image/errors.ts";
import { bundle, encoder, manifest, photo } from "../test_app.ts";

async function withPool(
  use: (pool: Inference, logged: LogEntry[]) => Promise<void>,
  options: Partial<PoolOptions> = {},
): Promise<void> {
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => void logged.push(entry);
  const pool = await openInferencePool({
    ...{ bundle, workers: 1, maxPixels: 25_000_000, maxSeconds: 10, maxOpenSeconds: 60, log },
    ...options,
  });
  try {
    await use(pool, logged);
  } finally {
    pool.close();
  }
}

/** A small file of many pixels, one bit each: takes a second or so to decode. */
async function blackPng(side: number): Promise<Uint8Array> {
  const rows = new Blob([new Uint8Array(side * (1 + side / 8))]).stream();
  const data = new Uint8Array(
    await new Response(rows.pipeThrough(new CompressionStream("deflate"))).arrayBuffer(),
  );
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, side);
  new DataView(header.buffer).setUint32(4, side);
  header[8] = 1;
  const chunks: [string, Uint8Array][] = [["IHDR", header], ["IDAT", data], ["IEND", new Uint8Array()]];
  const parts = chunks.flatMap(([name, content]) => {
    const named = new Uint8Array([...new TextEncoder().encode(name), ...content]);
    return [uint32(content.length), named, uint32(crc32(named))];
  });
  const signature = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return new Uint8Array(await new Blob([signature, ...parts]).arrayBuffer());
}

function uint32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

Deno.test("openInferencePool() gives the vectors that this thread gives, to the bit", async () => {
  const local = createLocalInference(manifest, encoder, 25_000_000);
  await withPool(async (pool) => {
    assertEquals(pool.slots, 2);
    const photos = await Promise.all([photo(0), photo(1)]);
    const inferred = await Promise.all(photos.map((bytes) => pool.infer(bytes.slice())));
    for (const [index, bytes] of photos.entries()) {
      const { times, ...image } = inferred[index]!;
      const { times: _, ...expected } = await local.infer(bytes);
      assertEquals(image, expected);
      assert(times.decode > 0 && times.preprocess > 0 && times.infer > 0);
    }
  }, { workers: 2 });
});

Deno.test("a pool takes a picture's buffer, and of a larger one the picture alone", async () => {
  await withPool(async (pool) => {
    const whole = await photo(0);
    const larger = new Uint8Array([...whole, 1, 2, 3]);
    const [one, other] = [await pool.infer(larger.subarray(0, -3)), await pool.infer(whole)];
    assertEquals(one.vector, other.vector);
    assertEquals([whole.buffer.detached, larger.slice(-3)], [true, new Uint8Array([1, 2, 3])]);
  });
});

Deno.test("a pool refuses a broken picture by name, with the worker that it has", async () => {
  await withPool(async (pool, logged) => {
    const cut = (await photo(0)).slice(0, 3000);
    await assertRejects(() => pool.infer(cut), DamagedImageError, "Cannot decode the JPEG");
    const large = await new Image(151, 150).encode();
    await assertRejects(() => pool.infer(large), ImageTooLargeError, "received 151 x 150");
    await pool.infer(await new Image(150, 150).encode());
    assertEquals(logged, []);
  }, { maxPixels: 22_500 });
});

Deno.test("a pool replaces a worker that is at one picture for too long, and loses that picture alone", async () => {
  await withPool(async (pool, logged) => {
    await assertRejects(
      async () => pool.infer(await blackPng(8000)),
      InferenceFailedError,
      "the worker that had the picture failed",
    );
    assertEquals(logged.map(({ message }) => message), ["An inference worker failed and is replaced"]);
    assertEquals((await pool.infer(await photo(0))).vector.length, encoder.dimensions);
  }, { maxSeconds: 0.3, maxPixels: 64_000_000 });
});

Deno.test("openInferencePool() says why it cannot open a bundle", async () => {
  const broken = { ...bundle, encoder: bundle.encoder.slice(0, 1000) };
  await assertRejects(
    () => withPool(() => Promise.resolve(), { bundle: broken }),
    Error,
    "Cannot load the encoder",
  );
});

Deno.test("openInferencePool() gives up a worker that does not open in time", async () => {
  await assertRejects(
    () => withPool(() => Promise.resolve(), { maxOpenSeconds: 0.001 }),
    Error,
    "it took longer than 0.001 s",
  );
});
