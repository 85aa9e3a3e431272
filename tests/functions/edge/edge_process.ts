import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { AUTHORITY } from "../bundle/bundle_server.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

export interface EdgeOptions {
  /** What `deno task build` is given. */
  bundle?: string;
  environment?: Record<string, string>;
  /** Modules that are loaded before the file, and see it without workers. */
  before?: string[];
}

/** How the file for edge platforms is built and run: it ended, or it listens. */
export interface EdgeProcess {
  /** Where it listens; undefined if it ended instead. */
  url: string | undefined;
  /** What it wrote on standard error until then. */
  output: string;
}

/** Builds the file for edge platforms in a folder of its own. */
async function build(folder: string, bundle: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "build", bundle, join(folder, "index.js")],
    cwd: ROOT,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  assert((await Deno.stat(join(folder, "index.js"))).size < 20e6);
}

/** A process without workers and without any right to read or write, from the one file that is deployed. */
export async function withEdge(
  use: (edge: EdgeProcess) => Promise<void>,
  { bundle = "fixtures/bundle", environment = {}, before = [] }: EdgeOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await build(folder, bundle);
    await Deno.writeTextFile(join(folder, "before.js"), "delete globalThis.Worker;");
    const modules = ["./before.js", ...before, "./index.js"];
    const main = join(folder, "main.js");
    await Deno.writeTextFile(main, modules.map((each) => `import ${JSON.stringify(each)};\n`).join(""));
    const config = `--config=${join(ROOT, "deno.json")}`;
    const server = new Deno.Command("deno", {
      args: ["run", config, "--no-prompt", "--allow-env", "--allow-net=127.0.0.1", main],
      env: {
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
        DENO_CERT: AUTHORITY,
        ALLOW_ANONYMOUS: "true",
        LOG_LEVEL: "error",
        ...environment,
      },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const reader = server.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let output = "", listening;
    try {
      while (!(listening = /Listening on (http:\S+)\//.exec(output))) {
        const { value, done } = await reader.read();
        if (done) break;
        output += value;
      }
      await use({ url: listening?.[1], output });
    } finally {
      if (listening) server.kill("SIGTERM");
      while (!(await reader.read()).done);
      await server.status;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
