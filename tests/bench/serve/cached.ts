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
  /** That route with the headers of the cached answer, each of which takes Deno its time. */
  bareWithHeaders: number;
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
  const answer = await fetch(cached);
  const size = (await answer.arrayBuffer()).byteLength;
  const { date: _, "content-length": __, ...headers } = Object.fromEntries(answer.headers);
  const bare = startBareApp(size, { "Content-Type": "application/json" });
  const bareWithHeaders = startBareApp(size, headers);
  try {
    const urls = { cached, unlogged, bare: await bare.url, bareWithHeaders: await bareWithHeaders.url };
    const names = ["cached", "unlogged", "bare", "bareWithHeaders"] as const;
    const rates: Record<keyof typeof urls, number[]> = {
      cached: [],
      unlogged: [],
      bare: [],
      bareWithHeaders: [],
    };
    for (let round = 0; round <= ROUNDS; round++) {
      for (const name of names) {
        const rate = await requestsPerSecond(urls[name], SECONDS);
        if (round > 0) rates[name].push(rate); // at first they compile what is asked for often
      }
    }
    return {
      cached: median(rates.cached),
      unlogged: median(rates.unlogged),
      bare: median(rates.bare),
      bareWithHeaders: median(rates.bareWithHeaders),
    };
  } finally {
    bare.stop();
    bareWithHeaders.stop();
  }
}

/** Uploads the picture. @returns where its embedding is kept */
async function embed(url: string, picture: Uint8Array<ArrayBuffer>): Promise<string> {
  const posted = await fetch(url, { method: "POST", body: picture });
  await posted.body?.cancel();
  return new URL(posted.headers.get("Content-Location")!, url).href;
}

function startBareApp(
  size: number,
  headers: Record<string, string>,
): { url: Promise<string>; stop(): void } {
  const child = new Deno.Command("deno", {
    args: [
      ...["serve", "--host=127.0.0.1", "--port=0"],
      ...[fromFileUrl(new URL("./bare_app.ts", import.meta.url)), String(size), JSON.stringify(headers)],
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
