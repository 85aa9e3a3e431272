import { pooledMap } from "@std/async/pool";
import { describeError } from "../errors.ts";
import type { EmbedResult } from "../inference/embedder.ts";
import type { WaitingLine } from "../inference/waiting_line.ts";
import type { PictureSource } from "./picture_source.ts";

/** Pictures of one request that are in memory at a time. Inference does them one after another anyway. */
const AT_A_TIME = 4;

export type Embed = (bytes: Uint8Array, signal: AbortSignal) => Promise<EmbedResult>;

export interface EmbedEachOptions {
  embed: Embed;
  /** Where pictures wait that are fetched: no more of them are in memory than it has slots, whoever asked for them. */
  fetching: WaitingLine;
}

/**
 * Embeds pictures, and tells for each, in their order, what came of it: an embedding, or an error that is the
 * picture's own (4xx).
 *
 * @throws whatever is not a picture's own fault: such a request is to be repeated as a whole, which costs little, since
 * what was embedded is cached
 */
export async function embedEach(
  pictures: PictureSource[],
  { embed, fetching }: EmbedEachOptions,
  signal: AbortSignal,
): Promise<(EmbedResult | Error)[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const embedOne = async (picture: PictureSource): Promise<EmbedResult | Error> => {
    either.throwIfAborted();
    const work = async () => await embed(await picture.read(either), either);
    try {
      return await (picture.isRemote ? fetching.run(work, either) : work());
    } catch (error) {
      if (error instanceof Error && describeError(error).status < 500) return error;
      stop.abort(error);
      throw error;
    }
  };
  try {
    return await Array.fromAsync(pooledMap(AT_A_TIME, pictures, embedOne));
  } catch (error) {
    throw either.aborted ? either.reason : error;
  }
}
