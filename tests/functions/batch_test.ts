import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { EncoderError } from "../../shared/encoder.ts";
import { dot, vectorFromBase64 } from "../../shared/vector.ts";
import {
  answer,
  batch,
  dataUri,
  encoder,
  json,
  manifest,
  photo,
  refusal,
  upload,
  withApp,
} from "./test_app.ts";

const ROUTE = "/v1/embeddings";

Deno.test("POST /v1/embeddings takes a picture in every form that JSON clients have for it", async () => {
  await withApp(async ({ request }) => {
    const bytes = await photo(0);
    const uri = dataUri(bytes);
    const base64 = encodeBase64(bytes);
    const lines = base64.replace(/.{76}/g, "$&\n");
    const expected = await answer(await request(ROUTE, upload(bytes)));
    for (
      const input of [
        uri,
        base64,
        lines,
        { image: uri },
        { image: base64 },
        { bytes: base64 },
        { url: uri },
        { type: "image_url", image_url: uri },
        { type: "image_url", image_url: { url: uri } },
        { type: "image_url", image_url: { url: uri, detail: "auto" } },
        [uri],
        [{ image: base64 }],
      ]
    ) {
      assertEquals(await answer(await request(ROUTE, json({ input }))), expected);
    }
  });
});

Deno.test("POST /v1/embeddings answers several pictures in their order, from JSON and from a form", async () => {
  await withApp(async ({ request }) => {
    const photos = await Promise.all([5, 1, 3, 1, 6, 2].map(photo));
    const each = await Promise.all(
      photos.map(async (bytes) => (await answer(await request(ROUTE, upload(bytes)))).data[0]!),
    );
    const expected = each.map((item, index) => ({ ...item, index }));
    const form = new FormData();
    photos.forEach((bytes, index) => form.append(`file${index % 2}`, new File([bytes], "photo.jpg")));
    for (const init of [json({ input: photos.map(dataUri) }), { method: "POST", body: form }]) {
      const response = await request(ROUTE, init);
      assertEquals(response.headers.get("Content-Location"), null);
      assertEquals(response.headers.get("X-Cache"), Array(6).fill("hit").join(", "));
      assertEquals((await answer(response)).data, expected);
    }
  });
});

Deno.test("POST /v1/embeddings answers the good pictures of a request, and says what is wrong with the others", async () => {
  await withApp(async ({ request, logged }) => {
    const [good, other] = [await photo(0), await photo(1)];
    const input = [
      dataUri(good),
      "a text",
      dataUri(good.subarray(0, 3000)),
      "data:image/png,x",
      { image: "https://photos.example.com/a.jpg" },
      "data:;base64,",
      dataUri(other),
    ];
    for (const [encoding_format, empty] of [["float", []], ["base64", ""]] as const) {
      const response = await request(ROUTE, json({ input, encoding_format }));
      const { data } = await batch(response);
      assertEquals(
        data.map((item) => item.object === "error" ? [item.error.code, item.error.param] : item.object),
        [
          "embedding",
          ["invalid_input", "input.1"],
          ["damaged_image", null],
          ["invalid_data_uri", "input.3"],
          ["urls_disabled", "input.4"],
          ["empty_body", "input.5"],
          "embedding",
        ],
      );
      assertEquals(data.map(({ index }) => index), [0, 1, 2, 3, 4, 5, 6]);
      for (const item of data) {
        if (item.object === "error") assertEquals(item.embedding, empty as typeof item.embedding);
      }
      assertMatch(
        response.headers.get("X-Cache")!,
        /^(miss|hit), error, error, error, error, error, (miss|hit)$/,
      );
    }
    assertEquals(logged, []);
  });
});

Deno.test("POST /v1/embeddings fails as a whole when the fault is not a picture's", async () => {
  let calls = 0;
  const failing = {
    ...encoder,
    embed: (...args: Parameters<typeof encoder.embed>) =>
      ++calls === 2 ? Promise.reject(new EncoderError("no memory")) : encoder.embed(...args),
  };
  await withApp(async ({ request }) => {
    const input = (await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(photo))).map(dataUri);
    const { status, code } = await refusal(await request(ROUTE, json({ input })));
    assertEquals([status, code], [500, "internal_error"]);
    assert(calls < 8, `${calls} pictures were tried`);
    assertEquals((await answer(await request(ROUTE, json({ input })))).data.length, 8);
  }, { encoder: failing });
});

Deno.test("POST /v1/embeddings shortens vectors to the dimensions asked for, at unit length", async () => {
  await withApp(async ({ request }) => {
    const bytes = await photo(0);
    const whole = Float32Array.from(
      (await answer(await request(ROUTE, upload(bytes)))).data[0]!.embedding as number[],
    );
    const head = whole.slice(0, 5);
    const length = Math.sqrt(dot(head, head));
    const form = new FormData();
    form.set("file", new File([bytes], "photo.jpg"));
    form.set("dimensions", "5");
    for (
      const init of [
        json({ input: dataUri(bytes), dimensions: 5 }),
        { method: "POST", body: form },
        upload(bytes),
      ]
    ) {
      const response = await request(`${ROUTE}?dimensions=5`, init);
      const { data: [item] } = await answer(response);
      const short = item!.embedding as number[];
      assertEquals(short.length, 5);
      short.forEach((value, i) => assertAlmostEquals(value, head[i]! / length, 1e-6));
      const location = response.headers.get("Content-Location")!;
      assertEquals((await answer(await request(location))).data[0], item);
    }
    const base64 = await answer(
      await request(
        ROUTE,
        json({ input: dataUri(bytes), dimensions: whole.length, encoding_format: "base64" }),
      ),
    );
    assertEquals(vectorFromBase64(base64.data[0]!.embedding as string), whole);
  });
});

Deno.test("POST /v1/embeddings takes any model but another bundle, and options that are null", async () => {
  await withApp(async ({ request }) => {
    const input = dataUri(await photo(0));
    for (const model of ["text-embedding-3-small", "lookalike", "", manifest.id, null]) {
      const nothing = {
        encoding_format: null,
        dimensions: null,
        user: null,
        task: "x",
        late_chunking: false,
      };
      const { model: answered } = await answer(await request(ROUTE, json({ input, model, ...nothing })));
      assertEquals(answered, manifest.id);
    }
  });
});

Deno.test("POST /v1/embeddings names the place in a list that is not a picture", async () => {
  await withApp(async ({ request }) => {
    const input = [dataUri(await photo(0)), { type: "image_url", image_url: { uri: "x" } }];
    const response = await request(ROUTE, json({ input }));
    const { error } = await response.json();
    assertEquals([error.code, error.param], ["invalid_request", "input.1.image_url.url"]);
  });
});
