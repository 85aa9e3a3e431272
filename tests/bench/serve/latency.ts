import { type Sample, variant } from "./pictures.ts";

/** Milliseconds. */
export interface Quantiles {
  median: number;
  p99: number;
}

/** Where the time of uploading a picture goes. */
export interface Stages {
  picture: string;
  megabytes: number;
  requests: number;
  /** From sending it to having the answer, by the caller's clock. */
  total: Quantiles;
  decode: Quantiles;
  preprocess: Quantiles;
  infer: Quantiles;
  /**
   * What the server does besides, by its own clock: receiving, hashing, looking up, squeezing to the thumbnail, keeping,
   * answering.
   */
  rest: Quantiles;
  /** What of the rest is the thumbnail. */
  thumbnail: Quantiles;
}

type Times = Record<"total" | "decode" | "preprocess" | "infer" | "rest" | "thumbnail", number>;

/** Uploads a picture that the server has not seen, as raw bytes. */
export async function embedOnce(url: string, sample: Sample): Promise<Times> {
  const body = variant(sample);
  const started = performance.now();
  const response = await fetch(url, { method: "POST", body });
  const text = await response.text();
  const total = performance.now() - started;
  if (!response.ok) throw new Error(`Cannot measure: ${sample.name} must be embedded: received ${text}`);
  const timing = response.headers.get("Server-Timing") ?? "";
  const stage = (name: string) => Number(new RegExp(`\\b${name};dur=([\\d.]+)`).exec(timing)?.[1]);
  const [decode, preprocess, infer] = [stage("decode"), stage("preprocess"), stage("infer")];
  const rest = stage("total") - decode - preprocess - infer;
  return { total, decode, preprocess, infer, rest, thumbnail: stage("thumbnail") };
}

/** One request after another, none of them from the cache, after some that are not counted. */
export async function measureStages(url: string, sample: Sample, requests: number): Promise<Stages> {
  for (let i = 0; i < 5; i++) await embedOnce(url, sample);
  const times: Times[] = [];
  for (let i = 0; i < requests; i++) times.push(await embedOnce(url, sample));
  const quantiles = (stage: keyof Times): Quantiles => {
    const values = times.map((each) => each[stage]);
    return { median: median(values), p99: quantile(values, 0.99) };
  };
  return {
    picture: sample.name,
    megabytes: sample.bytes.length / 1e6,
    requests,
    total: quantiles("total"),
    decode: quantiles("decode"),
    preprocess: quantiles("preprocess"),
    infer: quantiles("infer"),
    rest: quantiles("rest"),
    thumbnail: quantiles("thumbnail"),
  };
}

/** The smallest value that at least that share of the values does not exceed. */
export function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}

export function median(values: number[]): number {
  return quantile(values, 0.5);
}
