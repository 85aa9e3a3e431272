import { encodeHex } from "@std/encoding/hex";
import { join } from "@std/path";
import { hashKey, RIGHTS } from "../../functions/embed/access/key.ts";
import { createFolderStore } from "../../shared/objects/folder_store.ts";
import { Registry } from "../../shared/registry/registry.ts";
import { startServer } from "../functions/server_process.ts";
import { promoted } from "../shared/registry/candidates.ts";

/*
 * `deno task soak openapi [seed] [examples]`: schemathesis (PyPI, `pip install schemathesis`) holds two servers against
 * their own OpenAPI document, with a key that may do everything: one that has nothing but a cache in memory, and one with
 * collections, jobs and a registry of three bundles.
 */

const KEY = "sk_soak";

/** @throws if schemathesis finds anything, or cannot run */
export async function run([seed = "1", examples = "100"]: string[]): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await promoted(new Registry(createFolderStore(join(folder, "registry"), Deno)), 1, 2, 3);
    await hold({ STORE_URL: "sqlite::memory:" }, seed, examples);
    await hold(
      { STORE_URL: `sqlite://${join(folder, "store.db")}`, REGISTRY: join(folder, "registry") },
      seed,
      examples,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function hold(settings: Record<string, string>, seed: string, examples: string): Promise<void> {
  const server = startServer({
    ...settings,
    PORT: "0",
    LOG_LEVEL: "warn",
    API_KEYS: `soak sha256:${encodeHex(hashKey(KEY))} ${RIGHTS.join(" ")}`,
  });
  const document = new URL("/openapi.json", await server.url).href;
  const checks = ["--checks", "all", "--exclude-checks", "positive_data_acceptance"];
  // Taking over another bundle, which some requests ask for, may take more than the usual ten seconds on a busy machine.
  const limits = ["--seed", seed, "--max-examples", examples, "--request-timeout", "60"];
  const { code } = await new Deno.Command("python3", {
    args: [
      ...["-m", "schemathesis.cli", "run", document, ...checks, ...limits, "--no-color"],
      ...["--header", `Authorization: Bearer ${KEY}`],
    ],
  }).spawn().status;
  server.stop("SIGTERM");
  const ended = await server.ended;
  if (code !== 0) throw new Error(`Cannot pass: schemathesis must find nothing: it ended with ${code}`);
  if (ended.code !== 0 || /"level":"error"/.test(ended.output)) {
    throw new Error(`Cannot pass: the server must log no error and end with 0: ${ended.output}`);
  }
}
