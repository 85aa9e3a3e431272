import { fromFileUrl } from "@std/path";
import { Command, InvalidArgumentError } from "commander";
import { type Shard, shardSchema, WHOLE } from "../../../shared/shard.ts";
import { type StoreAddress, storeAddressSchema } from "../../../shared/store_address.ts";
import { runCommand } from "../folder/run_command.ts";
import { networkArguments } from "../network_arguments.ts";
import { readSettings, SETTING_NAMES } from "../settings.ts";
import { type StoreAccess, storeAccess } from "../store/store_access.ts";
import { registryAccess } from "../takeover/registry_access.ts";
import type { StoreRequest } from "./store_request.ts";

/*
 * `deno task store`: copies stores, fills them for another bundle, and drops what is no longer wanted. What it does is done
 * by store_process.ts, which may do what that needs and nothing else.
 */

const URLS = "sqlite:///absolute/path.db or postgres://user:password@host/database";

interface ReembedOptions {
  store?: StoreAddress;
  pictures: string[];
  perSecond: number;
  shard: Shard;
  count: boolean;
  json: boolean;
  attended: boolean;
}

await runCommand(
  new Command("store")
    .description("Look after stores. All of it can be ended at any time, and begun again.")
    .addCommand(
      new Command("copy")
        .description("Copy all embeddings and collections into another store; what is there stays.")
        .argument("<from>", URLS, address)
        .argument("<to>", URLS, address)
        .action(async (from: StoreAddress, to: StoreAddress) => {
          await carryOut({ command: "copy", from, to }, await Promise.all([from, to].map(storeAccess)));
        }),
    )
    .addCommand(
      new Command("reembed")
        .description(
          "Embed the pictures of all collections by the current bundle of REGISTRY, or else by BUNDLE: from files, or from their URLs, whose hosts ALLOW_URLS must have.",
        )
        .option("--store <url>", `${URLS}; STORE_URL by default`, address)
        .option("--pictures <folder...>", "where files are looked for, by the SHA-256 of their bytes", [])
        .option("--per-second <number>", "most pictures that are fetched in a second", rate, 5)
        .option(
          "--shard <part/of>",
          "a part of the pictures, such as 1/4, for others to do the rest",
          shard,
          WHOLE,
        )
        .option("--count", "say how many pictures there are to embed, and embed none", false)
        .option("--json", "say what was done as JSON", false)
        .option("--attended", "end when standard input does: who started it is gone", false)
        .action(async ({ store, attended, ...options }: ReembedOptions) => {
          if (attended) endWithStarter();
          const settings = readSettings(get);
          const { bundle, registry, allowUrls, maxBytes, urlSeconds, urlRedirects } = settings;
          const { workers, maxPixels, maxSeconds, maxBundleBytes, bundleSeconds } = settings;
          const address = store ?? settings.store;
          const { read, environment, hosts, addresses } = await registryAccess(settings);
          await carryOut(
            {
              ...{ command: "reembed", store: address, bundle, registry, allowUrls, maxBytes, urlSeconds },
              ...{ urlRedirects, maxBundleBytes, bundleSeconds, workers, maxPixels, maxSeconds, ...options },
            },
            [
              await storeAccess(address),
              { read: [...read, ...options.pictures], write: [], environment, hosts, addresses },
            ],
            (access) => [
              ...networkArguments({ bundle, allowUrls }, [], access),
              ...bundle.kind === "folder" ? [`--allow-read=${bundle.path}`] : [],
            ],
          );
        }),
    )
    .addCommand(
      new Command("gc")
        .description(
          "Drop a bundle, or pictures that were not put since a day; without either, list the bundles.",
        )
        .option("--store <url>", `${URLS}; STORE_URL by default`, address)
        .option("--bundle <id>", "its embeddings and groups; enough of the id to tell it from others")
        .option("--not-seen-since <date>", "such as 2026-01-31, or with a time", time)
        .option("--collection <name>", "pictures of this collection only")
        .action(
          async ({ store, bundle, notSeenSince, collection }: {
            store?: StoreAddress;
            bundle?: string;
            notSeenSince?: number;
            collection?: string;
          }) => {
            const address = store ?? readSettings(get).store;
            await carryOut({ command: "gc", store: address, bundle, notSeenSince, collection }, [
              await storeAccess(address),
            ]);
          },
        ),
    ),
);

/** Runs the request in a process that has this access, and that ends when this one does. */
async function carryOut(
  request: StoreRequest,
  each: StoreAccess[],
  more: (access: StoreAccess) => string[] = networkOfStores,
): Promise<void> {
  const access: StoreAccess = {
    read: each.flatMap(({ read }) => read),
    write: each.flatMap(({ write }) => write),
    environment: [...new Set(each.flatMap(({ environment }) => environment))],
    hosts: each.flatMap(({ hosts }) => hosts),
    addresses: each.flatMap(({ addresses }) => addresses),
  };
  const modules = ["functions/embed", "shared", "node_modules"]
    .map((folder) => fromFileUrl(new URL(`../../../${folder}`, import.meta.url)));
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", `--allow-read=${[...modules, ...access.read].join(",")}`],
      ...access.write.map((path) => `--allow-write=${path}`),
      `--allow-env=${[...SETTING_NAMES, ...access.environment].join(",")}`,
      ...more(access),
      fromFileUrl(new URL("./store_process.ts", import.meta.url)),
    ],
    stdin: "piped", // URLs may have passwords, which arguments would show to everybody on the machine
  }).spawn();
  await child.stdin.getWriter().write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
  Deno.exit((await child.status).code);
}

async function endWithStarter(): Promise<never> {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(1);
}

function networkOfStores({ hosts }: StoreAccess): string[] {
  return hosts.length === 0 ? [] : [`--allow-net=${hosts.join(",")}`];
}

function get(name: string): string | undefined {
  return Deno.env.get(name);
}

function address(text: string): StoreAddress {
  const result = storeAddressSchema.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(`It must be ${URLS}: received ${result.error.issues[0]!.message}`);
}

function rate(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError("It must be a number above 0, and 1000 at most.");
}

function shard(text: string): Shard {
  const [, part, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  const result = shardSchema.safeParse({ part, of });
  if (result.success) return result.data;
  throw new InvalidArgumentError("It must be a part and of how many, such as 1/4; 256 at most.");
}

function time(text: string): number {
  const value = Date.parse(text);
  if (!Number.isNaN(value)) return value;
  throw new InvalidArgumentError("It must be a date, such as 2026-01-31 or 2026-01-31T12:00:00Z.");
}
