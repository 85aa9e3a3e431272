import { embeddingResponseSchema } from "../../../shared/api.ts";
import { type Sample, variant } from "./pictures.ts";

export interface Latency {
  picture: string;
  requests: number;
  /** Milliseconds from sending a request to having its parsed answer. */
  median: number;
  p99: number;
}

/** Uploads a picture that the server has not seen; milliseconds until its embedding is here. */
export async function embedOnce(url: string, sample: Sample): Promise<number> {
  const started = performance.now();
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "image/jpeg" },
    body: variant(sample),
  });
  embeddingResponseSchema.parse(await response.json());
  return performance.now() - started;
}

/** One request after another, none of them from the cache, after one that is not counted. */
export async function measureLatency(url: string, sample: Sample, requests: number): Promise<Latency> {
  await embedOnce(url, sample);
  const times: number[] = [];
  for (let i = 0; i < requests; i++) times.push(await embedOnce(url, sample));
  return { picture: sample.name, requests, median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** The smallest value that at least that share of the values does not exceed. */
export function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}
