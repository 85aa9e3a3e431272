import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createFolderStore } from "../../../shared/objects/folder_store.ts";
import { Registry } from "../../../shared/registry/registry.ts";
import { promoted } from "../../shared/registry/candidates.ts";
import { startServer } from "../server_process.ts";
import { answer, manifest, photo, upload } from "../test_app.ts";

Deno.test("deno task start takes bundles over from REGISTRY while requests are answered, under its named permissions", async () => {
  const folder = await Deno.makeTempDir();
  const registry = new Registry(createFolderStore(join(folder, "registry"), Deno));
  const server = startServer({
    PORT: "0",
    BUNDLE: "fixtures/bundle",
    REGISTRY: join(folder, "registry"),
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
  await registry.rollBack();
  await until(first!);
  assertEquals(seen, [manifest.id, first, second, first]);
  server.stop("SIGTERM");
  assertEquals((await server.ended).code, 0);
  await Deno.remove(folder, { recursive: true });
});
