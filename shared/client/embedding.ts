import type { Answer, EmbeddingAnswer } from "./answer.ts";

/** What was embedded, and its vector. */
export interface Embedding {
  /** Of unit length: see {@linkcode similarity}. */
  vector: Float32Array;
  /** Id of the bundle that made the vector; vectors of two bundles cannot be compared. */
  bundle: string;
  /** Size after orientation, kind by content, and SHA-256 of the picture's bytes in hex. */
  image: { width: number; height: number; format: string; sha256: string };
  /** Whether the picture had to be uploaded: the cache did not have it, or could not be asked. */
  uploaded: boolean;
  /** What it took, in milliseconds, pictures in the same upload included, but not those before it. */
  milliseconds: number;
  /** `Server-Timing` of the answer, in milliseconds by name; empty if the endpoint does not tell. */
  serverTiming: Record<string, number>;
}

/** The part of an embedding that an answer has. */
export function readEmbedding(
  { body, headers }: Answer,
  { embedding, image }: EmbeddingAnswer["data"][number],
): Pick<Embedding, "vector" | "bundle" | "image" | "serverTiming"> {
  return {
    vector: Float32Array.from(embedding),
    bundle: body.model,
    image,
    serverTiming: readServerTiming(headers.get("Server-Timing") ?? ""),
  };
}

/** From `decode;dur=3.1, infer;desc="...";dur=4` to milliseconds by name. */
function readServerTiming(header: string): Record<string, number> {
  const entries = header.matchAll(/([\w-]+)(?:;[^,;]*)*?;dur=([\d.]+)/g);
  return Object.fromEntries(Array.from(entries, ([, name, milliseconds]) => [name, Number(milliseconds)]));
}
