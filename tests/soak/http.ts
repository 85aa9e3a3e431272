import { delay } from "@std/async/delay";
import { errorResponseSchema } from "../../shared/api.ts";
import { seeded } from "./mutations/mutate.ts";
import { quantile } from "../bench/serve/latency.ts";
import { residentMemory } from "../bench/serve/memory.ts";
import { startServer } from "../functions/server_process.ts";
import { largePhotos, type Sample, smallPhotos, variant } from "../bench/serve/pictures.ts";
import { brokenPictures } from "./http/broken_pictures.ts";

/*
 * `deno task soak http [seconds] [seed]`: 64 callers upload pictures of mixed sizes, every twentieth of them broken, to a
 * server as an operator starts it. Each answer must be what the quiet server said of that picture, or 503 with
 * Retry-After, which the callers heed.
 */

const CALLERS = 64;
const LARGEST_MEGABYTES = 650;
const SLOWEST_HEALTH_MS = 50;
const MEMORY_EVERY_SECONDS = 5;

/** Status and code of an answer, with the vector if there is one. */
interface Outcome {
  status: string;
  vector: string;
  retryAfter: number;
}

/** @throws if an answer is none of those allowed, or memory or health are beyond their limits */
export async function run([seconds = "120", seed = "1"]: string[]): Promise<void> {
  const small = await smallPhotos();
  const large = await largePhotos();
  const broken = brokenPictures(small, Number(seed));
  const server = startServer({
    PORT: "0",
    STORE_URL: "sqlite::memory:",
    ALLOW_ANONYMOUS: "true",
    LOG_LEVEL: "error",
  });
  const url = await server.url;
  try {
    const quiet = new Map<Sample, Outcome>();
    for (const upload of [...small, ...large, ...broken]) quiet.set(upload, await send(url, upload.bytes));

    const health = new Worker(new URL("./http/probe_worker.ts", import.meta.url), { type: "module" });
    health.postMessage(new URL("/healthz", url).href);
    const end = performance.now() + Number(seconds) * 1000;
    const counts = new Map<string, number>();
    const wrong: string[] = [];
    const random = seeded(Number(seed));
    const pick = (from: Sample[]) => from[random(from.length)]!;
    const call = async () => {
      while (performance.now() < end) {
        const upload = random(20) === 0 ? pick(broken) : pick(random(2) === 0 ? small : large);
        // A broken picture is sent as it is: bytes after it may change what is wrong with it.
        const bytes = broken.includes(upload) ? upload.bytes : variant(upload);
        const outcome = await send(url, bytes);
        counts.set(outcome.status, (counts.get(outcome.status) ?? 0) + 1);
        const expected = quiet.get(upload)!;
        if (outcome.status.startsWith("503")) {
          if (!(outcome.retryAfter > 0)) wrong.push(`${upload.name}: 503 without Retry-After`);
          await delay(outcome.retryAfter * 1000);
        } else if (outcome.status !== expected.status || outcome.vector !== expected.vector) {
          wrong.push(`${upload.name}: ${outcome.status} in place of ${expected.status}`);
        }
      }
    };
    const memory: number[] = [];
    const watch = setInterval(async () => {
      memory.push((await residentMemory(server.pid)).server / 1e6);
    }, MEMORY_EVERY_SECONDS * 1000);
    await Promise.all(Array.from({ length: CALLERS }, call));
    clearInterval(watch);
    const times = await new Promise<number[]>((resolve) => {
      health.onmessage = ({ data }) => resolve(data);
      health.postMessage("end");
    });
    health.terminate();
    print(counts, memory, times);
    require(wrong.length === 0, `answers as from a quiet server: ${wrong.slice(0, 5).join("; ")}`);
    require(![...counts.keys()].some((status) => status.startsWith("500")), "no 500");
    require(Math.max(...memory) < LARGEST_MEGABYTES, `at most ${LARGEST_MEGABYTES} MB`);
    require(quantile(times, 0.99) < SLOWEST_HEALTH_MS, `/healthz within ${SLOWEST_HEALTH_MS} ms`);
  } finally {
    server.stop("SIGTERM");
    await server.ended;
  }
}

async function send(url: string, body: Uint8Array<ArrayBuffer>): Promise<Outcome> {
  const response = await fetch(`${url}?encoding_format=base64`, { method: "POST", body });
  const retryAfter = Number(response.headers.get("Retry-After"));
  const answer = await response.json();
  if (response.status === 200) return { status: "200", vector: answer.data[0].embedding, retryAfter };
  const { error } = errorResponseSchema.parse(answer);
  return { status: `${response.status} ${error.code}`, vector: "", retryAfter };
}

function print(counts: Map<string, number>, memory: number[], times: number[]): void {
  console.log("| answer | requests |\n| --- | ---: |");
  for (const [status, count] of [...counts].sort()) console.log(`| ${status} | ${count} |`);
  const ms = (share: number) => `${quantile(times, share).toFixed(1)} ms`;
  console.log(
    `\n/healthz, ${times.length} times: median ${ms(0.5)}, 99th percentile ${ms(0.99)}, slowest ${ms(1)}`,
  );
  console.log(
    `\nResident memory every ${MEMORY_EVERY_SECONDS} s, in MB: ${memory.map(Math.round).join(" ")}`,
  );
}

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Cannot pass: required is ${what}`);
}
