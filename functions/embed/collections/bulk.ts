import { pooledMap } from "@std/async/pool";
import {
  type BulkItem,
  bulkItemSchema,
  bulkRequestSchema,
  type BulkResponse,
  type PlacedPicture,
} from "../../../shared/collections_api.ts";
import { describeError, isUnexpected } from "../errors.ts";
import type { Log } from "../log.ts";
import { DeadlineError, InvalidRequestError, TooManyPicturesError } from "../request_errors.ts";
import type { Settings } from "../settings.ts";
import { NoCollectionsError } from "../store/store.ts";
import { parseJson } from "./body.ts";
import { requirePictureId } from "./parameters.ts";

export type BulkLimits = Pick<Settings, "maxBulk" | "bulkSeconds" | "bulkConcurrency">;

export interface BulkOptions extends BulkLimits {
  log: Log;
  /** Puts a picture into the collection; whether its id is new. */
  put(item: BulkItem, param: string, signal: AbortSignal): Promise<boolean>;
  place(id: string): Promise<PlacedPicture>;
}

/**
 * Puts the pictures of a list into a collection, a few at a time, and tells for each, in their order, what came of it:
 * where it stands once all are there, or its error. When the time is up, those that are left have an error too.
 *
 * @throws {InvalidRequestError | TooManyPicturesError} of a list that is none, or too long
 * @throws the signal's reason if it is aborted
 */
export async function putBulk(
  body: unknown,
  { maxBulk, bulkSeconds, bulkConcurrency, log, put, place }: BulkOptions,
  signal: AbortSignal,
): Promise<BulkResponse["data"]> {
  const { images } = parseJson(bulkRequestSchema, body);
  if (images.length > maxBulk) {
    throw new TooManyPicturesError(
      `Cannot put the pictures: a list must have at most ${maxBulk}: received ${images.length}`,
      { param: "images" },
    );
  }
  requireDifferentIds(images);

  const timeUp = new AbortController();
  const timer = setTimeout(() =>
    timeUp.abort(
      new DeadlineError(
        `Cannot put the picture: a list must be done within ${bulkSeconds} s: its turn had not come, or was not over`,
      ),
    ), bulkSeconds * 1000);
  const either = AbortSignal.any([signal, timeUp.signal]);

  /** What came of the work for one picture, of which the others shall not suffer. */
  const attempt = async <Result>(work: () => Promise<Result>): Promise<Result | Error> => {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error) || error instanceof NoCollectionsError) throw error;
      if (isUnexpected(error)) log({ message: "A picture of a list failed", error });
      return error;
    }
  };
  const putOne = ([index, image]: [number, unknown]) =>
    attempt(async () => {
      either.throwIfAborted();
      const item = parseJson(bulkItemSchema, image, `images.${index}`);
      return { id: requirePictureId(item.id), isNew: await put(item, `images.${index}`, either) };
    });
  const tell = async ([index, result]: [number, Awaited<ReturnType<typeof putOne>>]) => {
    const told = result instanceof Error ? result : await attempt(async () => ({
      ...await place(result.id),
      index,
      is_new: result.isNew,
    }));
    if (!(told instanceof Error)) return told;
    return { ...describeError(told).body, object: "error" as const, index, id: idOf(images[index]) };
  };

  try {
    const results = await Array.fromAsync(pooledMap(bulkConcurrency, images.entries(), putOne));
    return await Array.fromAsync(pooledMap(bulkConcurrency, results.entries(), tell));
  } catch (error) {
    signal.throwIfAborted();
    // As the pool has it, of all that were under way.
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Which of two pictures of one id would stay depends on which of them is fetched first. */
function requireDifferentIds(images: unknown[]): void {
  const seen = new Set<string>();
  for (const [index, id] of images.map(idOf).entries()) {
    if (id !== null && seen.has(id)) {
      throw new InvalidRequestError(
        `Cannot put the pictures: each must have an id of its own: received ${JSON.stringify(id)} twice`,
        { param: `images.${index}.id` },
      );
    }
    if (id !== null) seen.add(id);
  }
}

function idOf(image: unknown): string | null {
  const id = typeof image === "object" && image !== null && "id" in image ? image.id : null;
  return typeof id === "string" ? id : null;
}
