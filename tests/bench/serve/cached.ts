import { fromFileUrl } from "@std/path";
import { median } from "./latency.ts";
import { requestsPerSecond } from "./requests_per_second.ts";

/** Requests per second, medians. */
export interface CachedThroughput {
  /** `GET /v1/embeddings/{bundle}/{sha256}.json`. */
  cached: number;
  /** The same from a server that logs no requests (`LOG_LEVEL=warn`). */
  unlogged: number;
  /** A bare route of Hono's under the same `deno serve`, with an answer of the same size. */
  bare: number;
}

const ROUNDS = 5;
const SECONDS = 2;

/** Asks two servers for a cached embedding, one of which logs requests, and for the bare route, by turns. */
export async function measureCached(
  servers: { cached: string; unlogged: string },
  picture: Uint8Array<ArrayBuffer>,
): Promise<CachedThroughput> {
  const [cached, unlogged] = await Promise.all(
    [servers.cached, servers.unlogged].map((url) => embed(url, picture)),
  ) as [string, string];
  const size = (await (await fetch(cached)).arrayBuffer()).byteLength;
  const bare = startBareApp(size);
  try {
    const bareUrl = await bare.url;
    const urls = { cached, unlogged, bare: bareUrl };
    const rates = { cached: [] as number[], unlogged: [] as number[], bare: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const name of ["cached", "unlogged", "bare"] as const) {
        const rate = await requestsPerSecond(urls[name], SECONDS);
        if (round > 0) rates[name].push(rate); // at first they compile what is asked for often
      }
    }
    return {
      cached: median(rates.cached),
      unlogged: median(rates.unlogged),
      bare: median(rates.bare),
    };
  } finally {
    bare.stop();
  }
}

/** Uploads the picture. @returns where its embedding is kept */
async function embed(url: string, picture: Uint8Array<ArrayBuffer>): Promise<string> {
  const posted = await fetch(url, { method: "POST", body: picture });
  await posted.body?.cancel();
  return new URL(posted.headers.get("Content-Location")!, url).href;
}

function startBareApp(size: number): { url: Promise<string>; stop(): void } {
  const child = new Deno.Command("deno", {
    args: [
      ...["serve", "--host=127.0.0.1", "--port=0"],
      ...[fromFileUrl(new URL("./bare_app.ts", import.meta.url)), String(size)],
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const { promise: url, resolve } = Promise.withResolvers<string>();
  (async () => {
    let output = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
      const [found] = /http:\S+/.exec(output) ?? [];
      if (found) resolve(found);
    }
  })();
  return { url, stop: () => child.kill("SIGTERM") };
}
