import { readSettings } from "../../functions/embed/settings.ts";
import { startServer } from "../functions/server_process.ts";
import { embedOnce, type Latency, measureLatency, quantile } from "./serve/latency.ts";
import { type Memory, residentMemory } from "./serve/memory.ts";
import { largePhoto, type Sample, smallPhoto } from "./serve/pictures.ts";
import { type DeploymentSize, deploymentSize } from "./serve/size.ts";

const STARTS = 5;
const MIXED_REQUESTS = 200;
/** Every so many of the mixed requests is a 12-megapixel one. */
const LARGE_EVERY = 10;

interface Figures {
  bundle: string;
  /** Milliseconds from `deno task start` to its URL, and to the first embedding: medians. */
  start: { ready: number; firstEmbedding: number };
  memory: { idle: Memory; afterMixedRequests: Memory };
  size: DeploymentSize;
  latency: Latency[];
}

/**
 * `deno task bench serve [--json]`: starts the real server, as an operator does, and measures start, memory, size
 * and latency. The bundle is the one that BUNDLE names, or the default one.
 */
export async function run(args: string[]): Promise<void> {
  const { bundle: address } = readSettings((name) => Deno.env.get(name));
  if (address.kind !== "folder") throw new Error("Cannot measure: BUNDLE must be a folder: received a URL");
  const bundle = address.path;
  const [small, large] = [await smallPhoto(), await largePhoto()];
  const start = await measureStart(bundle, small);
  const { memory, latency } = await measureServing(bundle, small, large);
  const size = await deploymentSize(bundle);
  const figures: Figures = { bundle, start, memory, size, latency };
  console.log(args.includes("--json") ? JSON.stringify(figures) : table(figures));
}

function settings(bundle: string): Record<string, string> {
  return { PORT: "0", BUNDLE: bundle, STORE_URL: "sqlite::memory:" };
}

async function measureStart(bundle: string, sample: Sample): Promise<Figures["start"]> {
  const ready: number[] = [];
  const firstEmbedding: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const started = performance.now();
    const server = startServer(settings(bundle));
    const url = await server.url;
    ready.push(performance.now() - started);
    await embedOnce(url, sample);
    firstEmbedding.push(performance.now() - started);
    server.stop("SIGTERM");
    await server.ended;
  }
  return { ready: quantile(ready, 0.5), firstEmbedding: quantile(firstEmbedding, 0.5) };
}

async function measureServing(
  bundle: string,
  small: Sample,
  large: Sample,
): Promise<Pick<Figures, "memory" | "latency">> {
  const server = startServer(settings(bundle));
  try {
    const url = await server.url;
    const idle = await residentMemory(server.pid);
    for (let i = 1; i <= MIXED_REQUESTS; i++) {
      await embedOnce(url, i % LARGE_EVERY === 0 ? large : small);
    }
    const afterMixedRequests = await residentMemory(server.pid);
    const latency = [await measureLatency(url, small, 500), await measureLatency(url, large, 100)];
    return { memory: { idle, afterMixedRequests }, latency };
  } finally {
    server.stop("SIGTERM");
    await server.ended;
  }
}

function table({ bundle, start, memory, size, latency }: Figures): string {
  const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  const both = ({ server, all }: Memory) => `${mb(server)} (${mb(all)} with launcher and task)`;
  const total = size.code + size.runtime + size.codecs + size.bundle;
  const rows: [string, string][] = [
    ["bundle", bundle],
    [`start to URL, median of ${STARTS}`, ms(start.ready)],
    [`start to first embedding, median of ${STARTS}`, ms(start.firstEmbedding)],
    ["resident memory, idle", both(memory.idle)],
    [`resident memory after ${MIXED_REQUESTS} mixed requests`, both(memory.afterMixedRequests)],
    ["size: code, minified", mb(size.code)],
    ["size: onnxruntime-web's WebAssembly", mb(size.runtime)],
    ["size: codecs' WebAssembly", mb(size.codecs)],
    ["size: bundle", mb(size.bundle)],
    ["size: all that a deployment needs", mb(total)],
    ...latency.map(({ picture, requests, median, p99 }): [string, string] => [
      `latency, ${picture}`,
      `median ${ms(median)}, p99 ${ms(p99)} of ${requests}`,
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
