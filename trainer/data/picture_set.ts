import type { Pixels } from "../../shared/image/pixels.ts";

/** A picture as a data set gives it: the bytes of a file of a kind that is decoded, or pixels that are decoded already. */
export type Picture = Uint8Array | Pixels;

/**
 * A data set that gives any of its pictures by name. A user's own is the default export of a module, which every decode
 * worker imports for itself. A picture whose `read` throws is skipped, with the error's message as the reason.
 */
export interface PictureSet {
  /** One name per picture, none twice. As in a path, what comes before the last `/` is the picture's class. */
  names(): string[] | Promise<string[]>;
  read(name: string): Picture | Promise<Picture>;
}

/** A data set that can only be gone through: it is read once, into memory that the decode workers share. */
export type PictureStream = AsyncIterable<{ name: string; picture: Picture }>;
