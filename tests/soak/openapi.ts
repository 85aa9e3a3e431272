import { encodeHex } from "@std/encoding/hex";
import { hashKey, RIGHTS } from "../../functions/embed/access/key.ts";
import { startServer } from "../functions/server_process.ts";

/*
 * `deno task soak openapi [seed] [examples]`: schemathesis (PyPI, `pip install schemathesis`) holds a server against
 * its own OpenAPI document, with a key that may do everything.
 */

/** @throws if schemathesis finds anything, or cannot run */
export async function run([seed = "1", examples = "100"]: string[]): Promise<void> {
  const key = "sk_soak";
  const server = startServer({
    PORT: "0",
    STORE_URL: "sqlite::memory:",
    LOG_LEVEL: "warn",
    API_KEYS: `soak sha256:${encodeHex(hashKey(key))} ${RIGHTS.join(" ")}`,
  });
  const document = new URL("/openapi.json", await server.url).href;
  const checks = ["--checks", "all", "--exclude-checks", "positive_data_acceptance"];
  const limits = ["--seed", seed, "--max-examples", examples];
  const { code } = await new Deno.Command("python3", {
    args: [
      ...["-m", "schemathesis.cli", "run", document, ...checks, ...limits, "--no-color"],
      ...["--header", `Authorization: Bearer ${key}`],
    ],
  }).spawn().status;
  server.stop("SIGTERM");
  const ended = await server.ended;
  if (code !== 0) throw new Error(`Cannot pass: schemathesis must find nothing: it ended with ${code}`);
  if (ended.code !== 0 || /"level":"error"/.test(ended.output)) {
    throw new Error(`Cannot pass: the server must log no error and end with 0: ${ended.output}`);
  }
}
