import { assert, assertEquals } from "@std/assert";
import { encode } from "fast-png";
import type { EmbeddingItem } from "../../shared/api.ts";
import { sha256Hex } from "../../shared/digest.ts";
import { decodeImage } from "../../shared/image/decode.ts";
import { orient } from "../../shared/image/orient.ts";
import { cosine, dot } from "../../shared/vector.ts";
import { startServer } from "./server_process.ts";
import { answer, refusal, upload } from "./test_app.ts";

interface Entry {
  file: string;
  declared_mime: string;
  expect: { status: "embed"; width: number; height: number; ref: string } | {
    status: "reject";
    http: number[];
  };
  or?: { status: "embed" | "reject"; http?: number[] };
}

// The kinds of files that bug reports describe, where the folder that holds them is at hand.
const shared = Deno.env.get("LOOKALIKE_SHARED");
if (shared) {
  Deno.test("POST /v1/embeddings does the right thing with every file of the field", async (t) => {
    const { entries }: { entries: Entry[] } = JSON.parse(
      await Deno.readTextFile(`${shared}/field/expected.json`),
    );
    const server = startServer({ PORT: "0", STORE_URL: "sqlite::memory:", ALLOW_ANONYMOUS: "true" });
    const url = await server.url;
    for (const entry of entries) {
      await t.step(entry.file, async () => {
        const bytes = await Deno.readFile(`${shared}/field/${entry.file}`);
        const started = performance.now();
        const response = await fetch(url, upload(bytes, entry.declared_mime));
        assert(performance.now() - started < 3000);
        if (response.status === 200) await requireRightEmbedding(url, entry, response);
        else await requireRefusal(url, entry, bytes, response);
      });
    }
    server.stop("SIGTERM");
    assertEquals((await server.ended).code, 0);
  });
}

/** The size is the upright picture's, and the vector nearer to that picture's than to any turned or mirrored one's. */
async function requireRightEmbedding(url: string, { expect }: Entry, response: Response): Promise<void> {
  if (expect.status !== "embed") throw new Error("It was embedded, and should have been refused");
  const { data: [item] } = await answer(response);
  assertEquals([item!.image.width, item!.image.height], [expect.width, expect.height]);
  const upright = await decodeImage(await Deno.readFile(`${shared}/field/${expect.ref}`), { maxPixels: 1e9 });
  const form = new FormData();
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { width, height, data } = orient(upright.pixels, orientation);
    const png = encode({ width, height, data, channels: 3 });
    form.append("file", new File([png as Uint8Array<ArrayBuffer>], "turned.png"));
  }
  const { data } = await answer(await fetch(url, { method: "POST", body: form }));
  const [ref, ...others] = data.map(vectorOf);
  const similarity = cosine(vectorOf(item!), ref!);
  assert(similarity > 0.98, `the similarity to the right picture is ${similarity}`);
  for (const [i, other] of others.entries()) {
    // A picture of one colour, or a symmetrical one, looks the same when it is turned.
    if (dot(ref!, other) > 0.9999) continue;
    assert(similarity > cosine(vectorOf(item!), other), `orientation ${i + 2} is nearer`);
  }
}

async function requireRefusal(
  url: string,
  { expect, or }: Entry,
  bytes: Uint8Array<ArrayBuffer>,
  response: Response,
): Promise<void> {
  const { status, message } = await refusal(response);
  const allowed = expect.status === "reject" ? expect.http : or?.status === "reject" ? or.http : undefined;
  assert(allowed?.includes(status), `refused with ${status}: ${message}`);
  const { bundle } = await (await fetch(new URL("/healthz", url))).json();
  const cached = await fetch(`${url}/${bundle}/${await sha256Hex(bytes)}.json`);
  assertEquals((await refusal(cached)).code, "not_cached");
}

function vectorOf({ embedding }: EmbeddingItem): Float32Array {
  return Float32Array.from(embedding as number[]);
}
