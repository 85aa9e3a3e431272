import { z } from "zod";

/** Parts differ in the first two hexadecimal digits of the SHA-256. */
export const MOST_SHARDS = 256;

/** One of the parts that the pictures of a store are divided into by their bytes, so that several machines embed them. */
export const shardSchema = z.strictObject({ part: z.int().min(1), of: z.int().min(1).max(MOST_SHARDS) })
  .refine(({ part, of }) => part <= of, "part must be one of them");
export type Shard = z.infer<typeof shardSchema>;

export const WHOLE: Shard = { part: 1, of: 1 };

/** The first and the last of the two digits that a part's pictures begin with. */
export function boundsOf({ part, of }: Shard): [first: string, last: string] {
  const start = (part: number) => Math.floor((part * MOST_SHARDS) / of);
  return [start(part - 1), start(part) - 1].map((value) => value.toString(16).padStart(2, "0")) as [
    string,
    string,
  ];
}

/** Whether a picture is in the part. */
export function isInShard(sha256: string, shard: Shard): boolean {
  const [first, last] = boundsOf(shard);
  const start = sha256.slice(0, 2);
  return first <= start && start <= last;
}
