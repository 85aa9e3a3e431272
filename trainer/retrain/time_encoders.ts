import type { Bundle } from "../../shared/bundle.ts";
import { createEncoder } from "../../shared/encoder.ts";

const ROUNDS = 25;

/**
 * Milliseconds for one picture of each bundle on one thread, medians, taken in turns, so that whatever else the machine does
 * slows all alike.
 *
 * @throws {EncoderError} if a graph does not run
 */
export async function timeEncoders(bundles: Bundle[]): Promise<number[]> {
  const timed = await Promise.all(bundles.map(async (bundle) => {
    const { size } = bundle.manifest.preprocessing;
    const input = Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i));
    return { encoder: await createEncoder(bundle), input, times: [] as number[] };
  }));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { encoder, input, times } of timed) {
      const start = performance.now();
      await encoder.embed(input, 1);
      if (round > 0) times.push(performance.now() - start); // the first run is slower
    }
  }
  return timed.map(({ times }) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!);
}
