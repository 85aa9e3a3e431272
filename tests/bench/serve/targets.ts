import type { CachedThroughput } from "./cached.ts";
import type { DecodeTimes } from "./decode.ts";
import type { Stages } from "./latency.ts";

/** What a figure has to be, and whether it is. */
export interface Target {
  what: string;
  value: number;
  /** The value is to be at most, or at least, this. */
  limit: number;
  kind: "at most" | "at least";
  holds: boolean;
}

/** What the endpoint's speed is held to: ratios to other software, and what its own part of a request may take. */
export function judge(decode: DecodeTimes, stages: Stages[], { cached, bare }: CachedThroughput): Target[] {
  const target = (what: string, kind: Target["kind"], value: number, limit: number): Target => ({
    ...{ what, value, limit, kind },
    holds: kind === "at most" ? value <= limit : value >= limit,
  });
  return [
    target("decode, 12 MP JPEG: sharp's time", "at most", decode.lookalike / decode.sharp, 2.5),
    target(
      "decode, 12 MP JPEG: faster than ImageScript.decode",
      "at least",
      decode.imageScript / decode.lookalike,
      10,
    ),
    ...stages.map(({ picture, megabytes, rest }) =>
      target(`rest in ms, ${picture}: 2 + 1 per MB`, "at most", rest.median, 2 + megabytes)
    ),
    target("cached GET: a bare Hono route's requests per second", "at least", cached / bare, 0.7),
  ];
}
