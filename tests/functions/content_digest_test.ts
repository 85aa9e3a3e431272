import { assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { batch, json, photo, refusal, withApp } from "./test_app.ts";

Deno.test("an upload is held to its Content-Digest, whatever its form", async () => {
  await withApp(async ({ request }) => {
    const form = new FormData();
    form.append("file", new Blob([await photo(0)]));
    const asForm = new Request("http://localhost", { method: "POST", body: form });
    const bodies: [BodyInit, string][] = [
      [await photo(0), "image/jpeg"],
      [json({ input: [] }).body!, "application/json"],
      [await asForm.arrayBuffer(), asForm.headers.get("Content-Type")!],
    ];
    for (const [body, type] of bodies) {
      const bytes = await new Response(body).arrayBuffer();
      const right = encodeBase64(await crypto.subtle.digest("SHA-256", bytes));
      const wrong = encodeBase64(await crypto.subtle.digest("SHA-256", new Uint8Array()));
      const send = (digest: string) =>
        request("/v1/embeddings", {
          method: "POST",
          headers: { "Content-Type": type, "Content-Digest": `sha-512=:AAAA:, sha-256=:${digest}:` },
          body,
        });
      const { status, code } = await refusal(await send(wrong));
      assertEquals([status, code], [400, "wrong_content_digest"]);
      const response = await send(right);
      if (type === "application/json") assertEquals((await refusal(response)).code, "invalid_request");
      else assertEquals((await batch(response)).data.length, 1);
    }
  });
});
