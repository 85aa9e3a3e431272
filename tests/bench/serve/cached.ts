import { fromFileUrl } from "@std/path";
import { median } from "./latency.ts";
import { requestsPerSecond } from "./requests_per_second.ts";

/** Requests per second, medians. */
export interface CachedThroughput {
  /** `GET /v1/embeddings/{bundle}/{sha256}.json`. */
  cached: number;
  /** A bare route of Hono's under the same `deno serve`, with an answer of the same size. */
  bare: number;
}

const ROUNDS = 5;
const SECONDS = 2;

/** Asks for a cached embedding and for the bare route by turns. */
export async function measureCached(
  url: string,
  picture: Uint8Array<ArrayBuffer>,
): Promise<CachedThroughput> {
  const posted = await fetch(url, { method: "POST", body: picture });
  await posted.body?.cancel();
  const cached = new URL(posted.headers.get("Content-Location")!, url).href;
  const size = (await (await fetch(cached)).arrayBuffer()).byteLength;
  const bare = startBareApp(size);
  try {
    const bareUrl = await bare.url;
    const rates = { cached: [] as number[], bare: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      const rate = {
        cached: await requestsPerSecond(cached, SECONDS),
        bare: await requestsPerSecond(bareUrl, SECONDS),
      };
      if (round === 0) continue; // both compile what is asked for often
      rates.cached.push(rate.cached);
      rates.bare.push(rate.bare);
    }
    return { cached: median(rates.cached), bare: median(rates.bare) };
  } finally {
    bare.stop();
  }
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
