import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import OpenAI, { APIError, NotFoundError } from "openai";
import { vectorFromBase64 } from "../../shared/vector.ts";
import { startServer } from "./server_process.ts";
import { answer, dataUri, encoder, json, manifest, photo } from "./test_app.ts";

/** Runs `use` with OpenAI's own library, pointed at a server of its own. */
async function withOpenAI(use: (client: OpenAI, url: string) => Promise<void>): Promise<void> {
  const server = startServer({
    PORT: "0",
    BUNDLE: "fixtures/bundle",
    STORE_URL: "sqlite::memory:",
    ALLOW_ANONYMOUS: "true",
  });
  const url = await server.url;
  try {
    await use(new OpenAI({ baseURL: url.replace("/embeddings", ""), apiKey: "none", maxRetries: 0 }), url);
  } finally {
    server.stop("SIGTERM");
    await server.ended;
  }
}

Deno.test("OpenAI's library embeds one picture and many, as numbers and as base64", async () => {
  await withOpenAI(async (client, url) => {
    const photos = await Promise.all([0, 1, 2].map(photo));
    const input = photos.map(dataUri);
    const expected = (await answer(await fetch(url, json({ input })))).data.map(({ embedding }) =>
      Array.from(Float32Array.from(embedding as number[]))
    );
    // Told nothing, the library asks for base64 and decodes it.
    for (const options of [{}, { encoding_format: "float" }, { encoding_format: "base64" }] as const) {
      const one = await client.embeddings.create({ model: "lookalike", input: input[0]!, ...options });
      const many = await client.embeddings.create({ model: "lookalike", input, ...options });
      assertEquals(one.model, manifest.id);
      assertEquals(many.data.map(({ index }) => index), [0, 1, 2]);
      assertEquals([one, many].flatMap(({ data }) => data.map(vectorOf)), [expected[0]!, ...expected]);
    }
    const bare = await client.embeddings.create({ model: "lookalike", input: encodeBase64(photos[1]!) });
    assertEquals(vectorOf(bare.data[0]!), expected[1]!);
  });
});

Deno.test("OpenAI's library gets shortened vectors, the good pictures of a request, and errors as its own classes", async () => {
  await withOpenAI(async (client) => {
    const good = dataUri(await photo(0));
    const short = await client.embeddings.create({ model: manifest.id, input: good, dimensions: 3 });
    assertEquals(vectorOf(short.data[0]!).length, 3);
    const { data } = await client.embeddings.create({ model: "lookalike", input: [good, "a text", good] });
    assertEquals(data.map((item) => vectorOf(item).length), [encoder.dimensions, 0, encoder.dimensions]);
    const error = await assertRejects(() =>
      client.embeddings.create({ model: "lookalike", input: "a text" })
    );
    assertInstanceOf(error, APIError);
    assertEquals([error.status, error.code, error.type, error.param], [
      400,
      "invalid_input",
      "invalid_request_error",
      "input",
    ]);
    assert(error.requestID);
    await assertRejects(
      () => client.embeddings.create({ model: "0".repeat(64), input: good }),
      NotFoundError,
    );
  });
});

/** The library answers base64 as it is if that was asked for by name. */
function vectorOf({ embedding }: { embedding: number[] | string }): number[] {
  if (typeof embedding !== "string") return Array.from(Float32Array.from(embedding));
  return Array.from(vectorFromBase64(embedding));
}
