/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Embedding } from "/client.js";

/** A picture on the page, and what became of it. */
export interface Picture {
  readonly name: string;
  readonly blob: Blob;
  /** Of the blob, for `<img>`. */
  readonly url: string;
  /** Stops its request. */
  readonly stop: AbortController;
  embedding?: Embedding;
  error?: Error;
}

export interface EmbeddedPicture extends Picture {
  embedding: Embedding;
}

/** Pictures that are copies of each other. */
export interface CopyGroup {
  /** A, B, C and so on: colour is not all that tells groups apart. */
  letter: string;
  /** Of the colour that marks it, in degrees. */
  hue: number;
  members: EmbeddedPicture[];
}

/** Hues that stay apart from each other, the most different ones first. */
const HUES = [48, 262, 160, 340, 205, 110, 300, 20];

/** The group with this place among the groups. */
export function copyGroup(index: number, members: EmbeddedPicture[]): CopyGroup {
  const letter = String.fromCharCode(65 + index % 26) + (index < 26 ? "" : Math.floor(index / 26) + 1);
  return { letter, hue: HUES[index % HUES.length]!, members };
}

export function isEmbedded(picture: Picture): picture is EmbeddedPicture {
  return picture.embedding !== undefined;
}
