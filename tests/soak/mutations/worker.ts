/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { decodeImage } from "../../../shared/image/decode.ts";
import { ImageError } from "../../../shared/image/errors.ts";

/** What became of a file: "decoded", the name of a refusal, or else what went wrong. */
export interface Outcome {
  outcome: string;
  unexpected: boolean;
  /** Resident memory of the process, in MB. */
  megabytes: number;
}

self.onmessage = async ({ data }: MessageEvent<Uint8Array>) => {
  let outcome = "decoded";
  let unexpected = false;
  try {
    const { pixels } = await decodeImage(data, { maxPixels: 50_000_000 });
    unexpected = pixels.data.length !== pixels.width * pixels.height * 3;
  } catch (error) {
    unexpected = !(error instanceof ImageError);
    outcome = unexpected ? String(error) : (error as ImageError).name;
  }
  self.postMessage({ outcome, unexpected, megabytes: Deno.memoryUsage().rss / 2 ** 20 } satisfies Outcome);
};
