import { coverOf } from "../../shared/image/preprocess.ts";
import { readSettings } from "../../functions/embed/settings.ts";
import { readBundle } from "../../trainer/onnx/bundle_folder.ts";
import { startServer } from "../functions/server_process.ts";
import { type CachedThroughput, measureCached } from "./serve/cached.ts";
import { type DecodeTimes, measureDecode } from "./serve/decode.ts";
import { embedOnce, measureStages, median, type Quantiles, type Stages } from "./serve/latency.ts";
import { type Memory, residentMemory } from "./serve/memory.ts";
import { largePhotos, type Sample, smallPhotos } from "./serve/pictures.ts";
import { type DeploymentSize, deploymentSize } from "./serve/size.ts";
import { judge, type Target } from "./serve/targets.ts";

const STARTS = 5;
const MIXED_REQUESTS = 200;
/** Every so many of the mixed requests is a large one. */
const LARGE_EVERY = 10;
const REQUESTS = 100;
const DECODE_ROUNDS = 15;

interface Figures {
  bundle: string;
  /** Milliseconds from `deno task start` to its URL, and to the first embedding: medians. */
  start: { ready: number; firstEmbedding: number };
  memory: { idle: Memory; afterMixedRequests: Memory };
  size: DeploymentSize;
  /** Milliseconds. */
  stages: Stages[];
  decode: DecodeTimes;
  requestsPerSecond: CachedThroughput;
  targets: Target[];
}

/**
 * `deno task bench serve [--json]`: starts the real server, as an operator does, and measures start, memory, size, where
 * the time of uploads goes, decoding beside other decoders, and cached answers beside a bare route. The bundle is the
 * one that BUNDLE names, or the default one.
 */
export async function run(args: string[]): Promise<void> {
  const { bundle: address } = readSettings((name) => Deno.env.get(name));
  if (address.kind !== "folder") throw new Error("Cannot measure: BUNDLE must be a folder: received a URL");
  const bundle = address.path;
  const { manifest } = await readBundle(bundle);
  const photos = [(await smallPhotos())[0]!, ...await largePhotos()];
  const largest = photos.find(({ name }) => name === "12 MP JPEG")!;
  const start = await measureStart(bundle, photos[0]!);
  const serving = await measureServing(bundle, photos);
  const decode = await measureDecode(largest, coverOf(manifest.preprocessing), DECODE_ROUNDS);
  const size = await deploymentSize(bundle);
  const targets = judge(decode, serving.stages, serving.requestsPerSecond);
  const figures: Figures = { bundle, start, size, decode, ...serving, targets };
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
  return { ready: median(ready), firstEmbedding: median(firstEmbedding) };
}

async function measureServing(
  bundle: string,
  photos: Sample[],
): Promise<Pick<Figures, "memory" | "stages" | "requestsPerSecond">> {
  const server = startServer(settings(bundle));
  try {
    const url = await server.url;
    const idle = await residentMemory(server.pid);
    const [small, ...large] = photos as [Sample, ...Sample[]];
    for (let i = 0; i < MIXED_REQUESTS; i++) {
      const isLarge = i % LARGE_EVERY === LARGE_EVERY - 1;
      await embedOnce(url, isLarge ? large[Math.floor(i / LARGE_EVERY) % large.length]! : small);
    }
    const afterMixedRequests = await residentMemory(server.pid);
    const stages: Stages[] = [];
    for (const photo of photos) stages.push(await measureStages(url, photo, REQUESTS));
    const requestsPerSecond = await withServer(
      { ...settings(bundle), LOG_LEVEL: "warn" },
      (unlogged) => measureCached({ cached: url, unlogged }, small.bytes),
    );
    return { memory: { idle, afterMixedRequests }, stages, requestsPerSecond };
  } finally {
    server.stop("SIGTERM");
    await server.ended;
  }
}

async function withServer<Result>(
  settings: Record<string, string>,
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  const server = startServer(settings);
  try {
    return await use(await server.url);
  } finally {
    server.stop("SIGTERM");
    await server.ended;
  }
}

function table(figures: Figures): string {
  const { bundle, start, memory, size, stages, decode, requestsPerSecond, targets } = figures;
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`;
  const both = ({ server, all }: Memory) => `${mb(server)} (${mb(all)} with launcher and task)`;
  const ms = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  const quantiles = ({ median, p99 }: Quantiles) => `${ms(median)} / ${ms(p99)}`;
  const total = size.code + size.runtime + size.codecs + size.bundle;
  const rows: [string, string][] = [
    ["bundle", bundle],
    [`start to URL, median of ${STARTS}`, `${ms(start.ready)} ms`],
    [`start to first embedding, median of ${STARTS}`, `${ms(start.firstEmbedding)} ms`],
    ["resident memory, idle", both(memory.idle)],
    [`resident memory after ${MIXED_REQUESTS} mixed requests`, both(memory.afterMixedRequests)],
    ["size: code, minified", mb(size.code)],
    ["size: onnxruntime-web's WebAssembly", mb(size.runtime)],
    ["size: codecs' WebAssembly", mb(size.codecs)],
    ["size: bundle", mb(size.bundle)],
    ["size: all that a deployment needs", mb(total)],
    ...stages.map((
      { picture, megabytes, total, decode, preprocess, infer, rest, thumbnail },
    ): [string, string] => [
      `${picture}, ${megabytes.toFixed(2)} MB, median / p99 in ms`,
      `${quantiles(total)}: decode ${quantiles(decode)}, preprocess ${quantiles(preprocess)}, ` +
      `infer ${quantiles(infer)}, rest ${quantiles(rest)}, of it thumbnail ${quantiles(thumbnail)}`,
    ]),
    [
      `decode, ${decode.picture}, medians`,
      `${ms(decode.lookalike)} ms, sharp ${ms(decode.sharp)} ms, ImageScript.decode ${
        ms(decode.imageScript)
      } ms`,
    ],
    [
      "GET, requests a second, medians",
      `cached ${Math.round(requestsPerSecond.cached)}, without log lines ${
        Math.round(requestsPerSecond.unlogged)
      }, bare route ${Math.round(requestsPerSecond.bare)}, bare route with its headers ${
        Math.round(requestsPerSecond.bareWithHeaders)
      }`,
    ],
    ...targets.map(({ what, value, kind, limit, holds }): [string, string] => [
      what,
      `${value.toFixed(2)}, ${kind} ${limit.toFixed(2)}: ${holds ? "holds" : "MISSED"}`,
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
