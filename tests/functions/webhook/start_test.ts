import { assertEquals } from "@std/assert";
import { startServer } from "../server_process.ts";
import { photo } from "../test_app.ts";
import { SECRET, withReceiver } from "./receiver.ts";

Deno.test("deno task start may tell the webhook, and does so before it stops", async () => {
  // Two attempts fail; the third would come five seconds later.
  await withReceiver(async ({ url: hook, received, attempts }) => {
    const folder = await Deno.makeTempDir();
    const server = startServer({
      PORT: "0",
      STORE_URL: `sqlite://${folder}/store.db`,
      WEBHOOK_URL: hook,
      WEBHOOK_SECRET: SECRET,
    });
    const { origin } = new URL(await server.url);
    const bytes = await photo(0);
    for (const [id, body] of [["a", bytes], ["b", new Uint8Array([...bytes, 0])]] as const) {
      const response = await fetch(`${origin}/v1/collections/shop/images/${id}`, { method: "PUT", body });
      assertEquals(response.status, 201, await response.text());
    }
    while (attempts.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    server.stop("SIGTERM");
    const { code, output } = await server.ended;
    assertEquals([code, received.length], [0, 1], output);
    assertEquals(received[0]!.body.data.groups.map(({ canonical }) => canonical?.id), ["b", "b"]);
    await Deno.remove(folder, { recursive: true });
  }, [503, 503]);
});
