import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { sha256Hex } from "../../shared/digest.ts";
import { dot, vectorFromBase64 } from "../../shared/vector.ts";
import { openSqliteStore } from "../../functions/embed/store/sqlite.ts";
import { answer, encoder, json, manifest, photo, upload, withApp } from "./test_app.ts";

Deno.test("POST /v1/embeddings answers in OpenAI's shape, with what was embedded", async () => {
  await withApp(async ({ request }) => {
    const bytes = await photo(0);
    const response = await request("/v1/embeddings", upload(bytes));
    const { data: [datum], model, usage } = await answer(response);
    assertEquals(model, manifest.id);
    assertEquals(usage, { prompt_tokens: 0, total_tokens: 0 });
    assertEquals(datum!.image.format, "jpeg");
    assertEquals(datum!.image.sha256, await sha256Hex(bytes));
    assert(datum!.image.width > 0 && datum!.image.height > 0);
    const vector = Float32Array.from(datum!.embedding as number[]);
    assertEquals(vector.length, encoder.dimensions);
    assertAlmostEquals(dot(vector, vector), 1, 1e-5);
  });
});

Deno.test("POST /v1/embeddings gives one answer for raw bytes, a form and a data URI", async () => {
  await withApp(async ({ request }) => {
    const bytes = await photo(1);
    const form = new FormData();
    form.set("picture", new File([bytes], "photo.bin"));
    const input = `data:image/jpeg;base64,${encodeBase64(bytes)}`;
    const answers = await Promise.all([
      request("/v1/embeddings", upload(bytes)),
      request("/v1/embeddings", upload(bytes, "application/octet-stream")),
      request("/v1/embeddings", { method: "POST", body: bytes }),
      request("/v1/embeddings", { method: "POST", body: form }),
      request("/v1/embeddings", json({ input, model: "lookalike" })),
    ].map(async (response) => await answer(await response)));
    for (const other of answers.slice(1)) assertEquals(other, answers[0]);
  });
});

Deno.test("POST /v1/embeddings answers base64 equal to float, wherever it is asked for", async () => {
  await withApp(async ({ request }) => {
    const bytes = await photo(2);
    const input = `data:image/jpeg;base64,${encodeBase64(bytes)}`;
    const form = new FormData();
    form.set("file", new File([bytes], "photo.jpg"));
    form.set("encoding_format", "base64");
    const floats = await answer(await request("/v1/embeddings", json({ input, encoding_format: "float" })));
    const expected = Float32Array.from(floats.data[0]!.embedding as number[]);
    for (
      const asked of [
        request("/v1/embeddings?encoding_format=base64", upload(bytes)),
        request("/v1/embeddings", { method: "POST", body: form }),
        request("/v1/embeddings", json({ input, encoding_format: "base64" })),
        request("/v1/embeddings", json({ input, embedding_type: "base64", normalized: true })),
        request("/v1/embeddings", json({ input, encoding_type: "base64" })),
      ]
    ) {
      const { data } = await answer(await asked);
      assertEquals(vectorFromBase64(data[0]!.embedding as string), expected);
    }
  });
});

Deno.test("POST /v1/embeddings puts a picture nearer to its copy than to another picture", async () => {
  await withApp(async ({ request }) => {
    const embed = async (bytes: Uint8Array<ArrayBuffer>) => {
      const { data } = await answer(await request("/v1/embeddings", upload(bytes)));
      return Float32Array.from(data[0]!.embedding as number[]);
    };
    const [original, other] = [await photo(3), await photo(4)];
    // Bytes after the end marker: another file, the same picture.
    const copy = new Uint8Array([...original, 0, 0, 0]);
    const vector = await embed(original);
    assertAlmostEquals(dot(vector, await embed(copy)), 1, 1e-6);
    assert(dot(vector, await embed(other)) < 0.9999);
  });
});

Deno.test("POST /v1/embeddings tells the kind by content, whatever the header says", async () => {
  await withApp(async ({ request }) => {
    const png = await Deno.readFile(new URL("../../fixtures/images/base.png", import.meta.url));
    for (const header of ["image/jpeg", "application/x-www-form-urlencoded", "text/plain"]) {
      const { data } = await answer(await request("/v1/embeddings", upload(png, header)));
      assertEquals(data[0]!.image.format, "png");
    }
    const uri = `data:;base64,${encodeBase64(png)}`;
    const unlabelled = upload(JSON.stringify({ input: uri }), "application/x-www-form-urlencoded");
    assertEquals((await answer(await request("/v1/embeddings", unlabelled))).data[0]!.image.format, "png");
  });
});

Deno.test("POST /v1/embeddings computes equal pictures in flight once", async () => {
  let calls = 0;
  const counting = {
    ...encoder,
    embed: (...args: Parameters<typeof encoder.embed>) => (calls++, encoder.embed(...args)),
  };
  await withApp(async ({ request }) => {
    const [first, second] = [await photo(5), await photo(6)];
    const requests = [first, first, second, first, second].map((bytes) =>
      request("/v1/embeddings", upload(bytes))
    );
    const [a, b, c, d, e] = await Promise.all(requests.map(async (response) => await answer(await response)));
    assertEquals(calls, 2);
    assertEquals([b, d, e], [a, a, c]);
    assertNotEquals(a!.data[0]!.embedding, c!.data[0]!.embedding);
  }, { encoder: counting });
});

Deno.test("POST /v1/embeddings does not compute again what the cache has", async () => {
  await withApp(async ({ request }) => {
    const bytes = await photo(7);
    const first = await request("/v1/embeddings", upload(bytes));
    const second = await request("/v1/embeddings", upload(bytes));
    assertEquals([first.headers.get("X-Cache"), second.headers.get("X-Cache")], ["miss", "hit"]);
    assertEquals(await answer(second), await answer(first));
  });
});

Deno.test("POST /v1/embeddings answers although the store fails, and logs that", async () => {
  const broken = Object.assign(openSqliteStore(undefined), {
    get: () => Promise.reject(new Error("disk I/O error")),
    put: () => Promise.reject(new Error("disk is full")),
  });
  await withApp(async ({ request, logged }) => {
    await answer(await request("/v1/embeddings", upload(await photo(0))));
    assertEquals(logged.map(({ error }) => (error as Error).message), ["disk I/O error", "disk is full"]);
  }, { store: broken });
});

Deno.test("POST /v1/embeddings is open to pages of every origin", async () => {
  await withApp(async ({ request }) => {
    const preflight = await request("/v1/embeddings", {
      method: "OPTIONS",
      headers: { Origin: "https://shop.example", "Access-Control-Request-Method": "POST" },
    });
    assertEquals(preflight.status, 204);
    assertEquals(preflight.headers.get("Access-Control-Allow-Origin"), "*");
    const response = await request("/v1/embeddings", upload(await photo(0)));
    assertEquals(response.headers.get("Access-Control-Allow-Origin"), "*");
    assertEquals(response.headers.get("Access-Control-Allow-Credentials"), null);
    await response.body?.cancel();
  });
});
