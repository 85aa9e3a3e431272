import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openObjects, parseLocation } from "../../../shared/objects/location.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { startS3 } from "../../python/s3_server.ts";
import { promoted } from "../../shared/registry/candidates.ts";
import { startServer } from "../server_process.ts";
import { answer, manifest, photo, upload } from "../test_app.ts";

/** Starts a server that follows the registry, and changes what is current while it answers. */
async function takeOver(place: string, environment: Record<string, string>): Promise<void> {
  const location = parseLocation(place, (name) => environment[name]);
  const registry = new Registry(openObjects(location, { files: Deno, fetch }));
  const server = startServer({
    ...environment,
    PORT: "0",
    BUNDLE: "fixtures/bundle",
    REGISTRY: place,
    REGISTRY_SECONDS: "1",
    WORKERS: "1",
    STORE_URL: "sqlite::memory:",
    LOG_LEVEL: "error",
  });
  const url = await server.url;
  const picture = await photo(0);
  const seen: string[] = [];
  const ask = async () => {
    const { model } = await answer(await fetch(url, upload(picture)));
    if (seen.at(-1) !== model) seen.push(model);
    return model;
  };
  const until = async (id: string) => {
    const end = Date.now() + 120_000;
    while (await ask() !== id) assert(Date.now() < end, `${id} must be taken over`);
  };
  await until(manifest.id);
  const [first] = await promoted(registry, 1);
  await until(first!);
  const [second] = await promoted(registry, 2);
  await until(second!);
  // It may change what is current too, since this machine's callers may do everything.
  const back = await fetch(new URL("/v1/bundles/current", url), { method: "DELETE" });
  assertEquals((await back.json()).current, first);
  assertEquals(await ask(), first);
  assertEquals(seen, [manifest.id, first, second, first]);
  server.stop("SIGTERM");
  assertEquals((await server.ended).code, 0);
}

Deno.test("deno task start takes bundles over from a folder while requests are answered, under its named permissions", async () => {
  const folder = await Deno.makeTempDir();
  await takeOver(join(folder, "registry"), {});
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task start takes bundles over from a bucket, under its named permissions", async () => {
  const s3 = await startS3();
  try {
    await takeOver("s3://bucket/registry", s3.environment);
  } finally {
    await s3.close();
  }
});
