import { fromFileUrl } from "@std/path";
import { networkArguments } from "./network_arguments.ts";
import { describeSettings, readSettings, SETTING_NAMES, type Settings } from "./settings.ts";
import { DRAIN_SIGNAL, exitWithMessage, STOP_SIGNALS } from "./stop.ts";
import { type StoreAccess, storeAccess } from "./store/store_access.ts";
import { registryAccess } from "./takeover/registry_access.ts";
import { webhookAccess } from "./webhook/webhook_access.ts";

/*
 * `deno task start`: validates the settings and runs index.ts under `deno serve`, which may do what the settings
 * need and nothing else.
 */

const USAGE = `Embeds pictures over HTTP.

Usage: [SETTING=value ...] deno task start

Settings, from the environment:
${describeSettings()}`;

/**
 * glibc's allocator keeps what is freed, for each thread, and so most of what many pictures at once took. With these it
 * has less to keep: what is larger than 128 kB goes back to the system at once, and threads share one heap (docs/soak.md).
 */
const MALLOC = { MALLOC_ARENA_MAX: "1", MALLOC_MMAP_THRESHOLD_: String(128 * 1024) };

if (Deno.args.length > 0) {
  const help = Deno.args.includes("--help");
  console[help ? "log" : "error"](USAGE);
  Deno.exit(help ? 0 : 2);
}
const settings = await Promise.try(() => readSettings(Deno.env.get)).catch(exitWithMessage);
const address = requireFreePort(settings);
const access = await Promise.all([
  storeAccess(settings.store),
  registryAccess(settings),
  webhookAccess(settings.webhook),
]).then(joinAccess).catch(exitWithMessage);

const server = new Deno.Command("deno", {
  args: serveArguments(settings, address, access),
  env: MALLOC,
}).spawn();
for (const signal of STOP_SIGNALS) {
  Deno.addSignalListener(signal, () => {
    try {
      server.kill(DRAIN_SIGNAL);
    } catch {
      // It has ended already, as after Ctrl-C, which a terminal sends to both.
    }
  });
}
Deno.exit((await server.status).code);

function serveArguments(settings: Settings, address: string, access: StoreAccess): string[] {
  const { host, port, bundle } = settings;
  // Workers are modules that are loaded while it runs; onnxruntime-web and the codecs read their .wasm files.
  const modules = ["functions/embed", "shared", "node_modules"]
    .map((folder) => fromFileUrl(new URL(`../../${folder}`, import.meta.url)));
  return [
    "serve",
    `--host=${host}`,
    `--port=${port}`,
    "--no-prompt",
    // A request's signal then tells that the caller has gone, and not that it was answered.
    "--unstable-no-legacy-abort",
    `--allow-read=${
      [...modules, ...bundle.kind === "folder" ? [bundle.path] : [], ...access.read].join(",")
    }`,
    ...access.write.map((path) => `--allow-write=${path}`),
    `--allow-env=${[...SETTING_NAMES, ...access.environment].join(",")}`,
    ...networkArguments(settings, [address], access),
    fromFileUrl(new URL("./index.ts", import.meta.url)),
  ];
}

function joinAccess(all: StoreAccess[]): StoreAccess {
  return {
    read: all.flatMap(({ read }) => read),
    write: all.flatMap(({ write }) => write),
    environment: all.flatMap(({ environment }) => environment),
    hosts: all.flatMap(({ hosts }) => hosts),
    addresses: all.flatMap(({ addresses }) => addresses),
  };
}

/**
 * `deno serve` meets a busy port only after it has loaded everything, and then with a stack trace.
 *
 * @returns the host's address
 */
function requireFreePort({ host: hostname, port }: Settings): string {
  try {
    const listener = Deno.listen({ hostname, port });
    listener.close();
    return listener.addr.hostname;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(
      `Cannot start: HOST and PORT must be free to listen on: received ${hostname}:${port}: ${reason}`,
    );
    Deno.exit(1);
  }
}
