import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { EncoderError } from "../../shared/encoder.ts";
import { answer, encoder, json, photo, refusal, type TestApp, upload, withApp } from "./test_app.ts";

/** A PNG's signature and header chunk, and no more: 20,000 x 20,000 pixels, 8-bit RGB. */
const HUGE_PNG = new Uint8Array([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...[0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20, 8, 2, 0, 0, 0],
  ...[0x7f, 0x0c, 0x5b, 0x8e],
]);
const TIFF = new TextEncoder().encode("II*\x00\x08\x00\x00\x00");

function form(...files: string[]): RequestInit {
  const body = new FormData();
  files.forEach((text, index) => body.append(`file${index}`, new File([text], "a.jpg")));
  return { method: "POST", body };
}

/** A body that breaks off, as Deno tells it. */
function cutOff(contentType: string): RequestInit {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("--b\r\nContent-Dis"));
      controller.error(new Deno.errors.BadResource("Cannot read body as underlying resource unavailable"));
    },
  });
  return upload(body, contentType);
}

/** Every refusal of an upload: what is sent, and the status and code of the answer. */
const refusals: [
  name: string,
  init: () => Promise<RequestInit> | RequestInit,
  status: number,
  code: string,
][] = [
  ["text instead of a picture", () => upload("not a picture at all"), 400, "not_an_image"],
  ["an empty body", () => upload(""), 400, "empty_body"],
  ["no body", () => ({ method: "POST" }), 400, "empty_body"],
  ["an empty JSON body", () => upload("", "application/json"), 400, "empty_body"],
  ["an empty file in a form", () => form(""), 400, "empty_body"],
  ["an empty data URI", () => json({ input: "data:image/png;base64," }), 400, "empty_body"],
  ["a body that breaks off", () => cutOff("image/jpeg"), 400, "interrupted_body"],
  ["a form that breaks off", () => cutOff("multipart/form-data; boundary=b"), 400, "interrupted_body"],
  ["a cut JPEG", async () => upload((await photo(0)).slice(0, 3000)), 400, "damaged_image"],
  ["a PNG header of 20,000 x 20,000", () => upload(HUGE_PNG, "image/png"), 413, "too_many_pixels"],
  ["a body that is too large", () => upload(new Uint8Array(1_000_001)), 413, "body_too_large"],
  ["a TIFF", () => upload(TIFF, "image/gif"), 415, "unsupported_image"],
  ["text that says that it is text", () => upload("hello", "text/plain"), 400, "not_an_image"],
  ["bad JSON", () => upload("{input:", "application/json"), 400, "invalid_json"],
  [
    "JSON that is nested deeply",
    () => json({ input: JSON.parse("[".repeat(9999) + "]".repeat(9999)) }),
    400,
    "invalid_json",
  ],
  ["JSON that is not a request", () => json(["a"]), 400, "invalid_request"],
  ["an unknown field", () => json({ input: "data:;base64,AAAA", dimension: 3 }), 400, "invalid_request"],
  ["an input that is a text", () => json({ input: "a text" }), 400, "invalid_input"],
  ["an input that happens to be base64", () => json({ input: "aText123" }), 400, "invalid_input"],
  ["an input of tokens", () => json({ input: [1, 2, 3] }), 400, "invalid_request"],
  ["an input without pictures", () => json({ input: [] }), 400, "invalid_request"],
  ["a Jina input that is a text", () => json({ input: [{ text: "a cat" }] }), 400, "invalid_request"],
  [
    "more pictures than the limit",
    () => json({ input: Array(9).fill("data:;base64,AA==") }),
    413,
    "too_many_pictures",
  ],
  ["a form of very many parts", () => form(...Array(200).fill("x")), 413, "too_many_pictures"],
  ["JSON of very many values", () => json({ input: Array(100_001).fill({}) }), 400, "invalid_json"],
  ["more files than the limit", () => form(..."123456789"), 413, "too_many_pictures"],
  ["a URL", () => json({ input: "https://photos.example.com/a.jpg" }), 403, "urls_disabled"],
  ["dimensions of 0", () => json({ input: "data:;base64,AAAA", dimensions: 0 }), 400, "invalid_dimensions"],
  [
    "dimensions of 1.5",
    () => json({ input: "data:;base64,AAAA", dimensions: 1.5 }),
    400,
    "invalid_dimensions",
  ],
  [
    "more dimensions than there are",
    () => json({ input: "data:;base64,AAAA", dimensions: encoder.dimensions + 1 }),
    400,
    "invalid_dimensions",
  ],
  [
    "another bundle",
    () => json({ input: "data:;base64,AAAA", model: "0".repeat(64) }),
    404,
    "unknown_bundle",
  ],
  ["a data URI with bad base64", () => json({ input: "data:image/png;base64,!!" }), 400, "invalid_data_uri"],
  ["a data URI without base64", () => json({ input: "data:image/svg+xml,<svg/>" }), 400, "invalid_data_uri"],
  [
    "an unknown encoding_format",
    () => json({ input: "data:;base64,AAAA", encoding_format: "int8" }),
    400,
    "unknown_encoding_format",
  ],
  [
    "Jina's binary embeddings",
    () => json({ input: "data:;base64,AAAA", embedding_type: "ubinary" }),
    400,
    "unknown_encoding_format",
  ],
  ["a form without a file", () => form(), 400, "invalid_form"],
  ["a broken form", () => upload("x", "multipart/form-data; boundary=y"), 400, "invalid_form"],
];

for (const [name, init, status, code] of refusals) {
  Deno.test(`POST /v1/embeddings refuses ${name} with ${code}, and serves the next request`, async () => {
    await withApp(async ({ request, logged }) => {
      const started = performance.now();
      const response = await request("/v1/embeddings", await init());
      assert(performance.now() - started < 1000);
      const { message, ...refused } = await refusal(response);
      assertEquals(refused, { status, code });
      assertMatch(message, /^Cannot /);
      await answer(await request("/v1/embeddings", upload(await photo(0))));
      assertEquals(logged, []);
    });
  });
}

Deno.test("POST and GET of embeddings refuse a query parameter that they do not know", async () => {
  await withApp(async ({ request }) => {
    const posted = await request("/v1/embeddings", upload(await photo(0)));
    const path = posted.headers.get("Content-Location")!;
    await answer(posted);
    for (
      const response of [
        await request("/v1/embeddings?dimension=3", upload(await photo(0))),
        await request(`${path}?v=2`),
      ]
    ) {
      const { status, code, message } = await refusal(response);
      assertEquals([status, code], [400, "invalid_request"]);
      assertMatch(message, /encoding_format, dimensions, model: received (dimension|v)$/);
    }
  });
});

Deno.test("POST /v1/embeddings refuses an unknown encoding_format in the query", async () => {
  await withApp(async ({ request }) => {
    const response = await request("/v1/embeddings?encoding_format=hex", upload(await photo(0)));
    assertEquals((await refusal(response)).code, "unknown_encoding_format");
  });
});

Deno.test("POST /v1/embeddings stops reading a body of unknown length at the limit", async () => {
  await withApp(async ({ request }) => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const response = await request("/v1/embeddings", upload(endless));
    const { status, code } = await refusal(response);
    assertEquals([status, code], [413, "body_too_large"]);
    assert(sent < 1_300_000, `${sent} bytes were read`);
  });
});

Deno.test("createApp() answers 404 on an unknown route and 405 on a wrong method", async () => {
  await withApp(async ({ request }) => {
    const unknown = await refusal(await request("/v2/embeddings"));
    assertEquals([unknown.status, unknown.code], [404, "unknown_route"]);
    const wrong = await request("/v1/embeddings", { method: "PUT", body: "x" });
    assertEquals(wrong.headers.get("Allow"), "POST");
    assertEquals((await refusal(wrong)).code, "wrong_method");
  });
});

Deno.test("createApp() answers an unexpected error with 500, logs it, and serves the next request", async () => {
  let fail = true;
  const failing = {
    ...encoder,
    embed: (...args: Parameters<typeof encoder.embed>) => {
      if (!fail) return encoder.embed(...args);
      fail = false;
      return Promise.reject(new EncoderError("secret path /srv/model"));
    },
  };
  await withApp(async ({ request, logged }) => {
    const response = await request("/v1/embeddings", upload(await photo(0)));
    const id = response.headers.get("X-Request-Id");
    const { status, code, message } = await refusal(response);
    assertEquals([status, code], [500, "internal_error"]);
    assert(!message.includes("secret"));
    assertEquals(logged.map(({ requestId }) => requestId), [id!]);
    assertStringIncludes(String(logged[0]!.error), "secret path");
    await answer(await request("/v1/embeddings", upload(await photo(0))));
  }, { encoder: failing });
});

Deno.test("createApp() answers 504 when a request takes longer than the limit", async () => {
  const slow = { ...encoder, embed: () => new Promise<Float32Array>(() => {}) };
  await withApp(async ({ request }) => {
    const { status, code } = await refusal(await request("/v1/embeddings", upload(await photo(0))));
    assertEquals([status, code], [504, "deadline_exceeded"]);
  }, { encoder: slow, limits: { maxSeconds: 0.1 } });
});

Deno.test("createApp() gives every answer a request id: the caller's, or a new one", async () => {
  const idOf = async ({ request }: TestApp, path: string, id?: string) => {
    const response = await request(path, { headers: id ? { "X-Request-Id": id } : {} });
    await response.body?.cancel();
    return response.headers.get("X-Request-Id");
  };
  await withApp(async (app) => {
    assertEquals(await idOf(app, "/healthz", "mine-1"), "mine-1");
    assertEquals(await idOf(app, "/nowhere", "mine-2"), "mine-2");
    assertNotEquals(await idOf(app, "/healthz"), await idOf(app, "/healthz"));
  });
});
