import { DamagedImageError, UnsupportedImageError } from "./errors.ts";
import { readOrientation } from "./exif.ts";

/** What the segments before the first scan of a JPEG say. */
export interface JpegHeader {
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** The components' ids, in order: one for grey, three for colour, four for print. */
  components: number[];
  progressive: boolean;
  jfif: boolean;
  /** Whether there are any before the first scan. */
  huffmanTables: boolean;
  /** Adobe's APP14 segment: its colour transform, and where that byte lies. */
  adobe?: { transform: number; at: number };
  /** The embedded colour profile, its parts joined. */
  profile?: Uint8Array;
  /** Where the first scan's segment begins. */
  scanAt: number;
}

const DHT = 0xc4, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP0 = 0xe0, APP1 = 0xe1, APP2 = 0xe2, APP14 = 0xee;

/** Start-of-frame markers whose coding is not decoded here (ITU-T T.81, table B.1; T.87 for JPEG-LS). */
const REFUSED_CODINGS: Record<number, string> = {
  0xc3: "lossless",
  0xc5: "hierarchical",
  0xc6: "hierarchical",
  0xc7: "hierarchical",
  0xc9: "arithmetic-coded",
  0xca: "arithmetic-coded",
  0xcb: "arithmetic-coded lossless",
  0xcd: "arithmetic-coded hierarchical",
  0xce: "arithmetic-coded hierarchical",
  0xcf: "arithmetic-coded hierarchical",
  0xde: "hierarchical",
  0xf7: "JPEG-LS",
};

/**
 * Walks the segments of a JPEG up to its first scan.
 *
 * @throws {UnsupportedImageError} for codings other than 8-bit baseline, extended and progressive Huffman
 * @throws {DamagedImageError} if the file ends or breaks before its first scan
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frame: Pick<JpegHeader, "width" | "height" | "components" | "progressive"> | undefined;
  let orientation: number | undefined;
  let adobe: JpegHeader["adobe"];
  let jfif = false, huffmanTables = false;
  const profile = new Map<number, Uint8Array>();
  let at = 2;
  for (;;) {
    // Between segments, fill bytes and strays are passed over up to the next marker, as libjpeg does.
    at = bytes.indexOf(0xff, at);
    while (at >= 0 && bytes[at + 1] === 0xff) at++;
    if (at < 0 || at + 4 > bytes.length) throw cut("in its header");
    const marker = bytes[at + 1]!;
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= SOI)) {
      at += 2;
      continue;
    }
    if (marker === EOI) {
      throw new DamagedImageError(
        "Cannot decode the JPEG: a picture is required: received none before its end",
      );
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (end > bytes.length) throw cut("in its header");
    const segment = bytes.subarray(at + 4, Math.max(end, at + 4));
    if (marker === SOS) break;
    const refused = REFUSED_CODINGS[marker];
    if (refused) throw unsupported(`${refused} JPEG`);
    if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) frame ??= readFrame(segment, marker);
    else if (marker === DHT) huffmanTables = true;
    else if (marker === APP0 && startsWith(segment, "JFIF\0")) jfif = true;
    else if (marker === APP1 && startsWith(segment, "Exif\0\0")) {
      orientation ??= readOrientation(segment);
    } else if (marker === APP2 && startsWith(segment, "ICC_PROFILE\0")) {
      profile.set(segment[12] ?? 0, segment.subarray(14));
    } else if (marker === APP14 && startsWith(segment, "Adobe") && segment.length >= 12) {
      adobe = { transform: segment[11]!, at: at + 4 + 11 };
    }
    at = end;
  }
  if (!frame) {
    throw new DamagedImageError("Cannot decode the JPEG: a frame is required before its first scan");
  }
  return {
    ...frame,
    orientation: orientation ?? 1,
    jfif,
    huffmanTables,
    scanAt: at,
    ...(adobe ? { adobe } : {}),
    ...(profile.size > 0 ? { profile: join(profile) } : {}),
  };
}

function readFrame(segment: Uint8Array, marker: number) {
  const count = segment[5] ?? 0;
  if (segment.length < 6 + 3 * count) throw cut("in its frame header");
  const precision = segment[0]!;
  const height = segment[1]! * 256 + segment[2]!;
  const width = segment[3]! * 256 + segment[4]!;
  const components = Array.from({ length: count }, (_, index) => segment[6 + 3 * index]!);
  if (precision !== 8) throw unsupported(`JPEG of ${precision} bits per sample`);
  if (count !== 1 && count !== 3 && count !== 4) throw unsupported(`JPEG of ${count} components`);
  // Height 0 means that a DNL segment after the first scan gives it; no common decoder reads that.
  if (height === 0) throw unsupported("JPEG without a height in its header");
  if (width === 0) throw new DamagedImageError("Cannot decode the JPEG: a width is required: received 0");
  return { width, height, components, progressive: marker === 0xc2 };
}

function join(parts: Map<number, Uint8Array>): Uint8Array {
  const ordered = [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  const joined = new Uint8Array(ordered.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of ordered) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function startsWith(segment: Uint8Array, text: string): boolean {
  return [...text].every((character, index) => segment[index] === character.charCodeAt(0));
}

function cut(where: string): DamagedImageError {
  return new DamagedImageError(`Cannot decode the JPEG: a complete file is required: it is cut off ${where}`);
}

function unsupported(what: string): UnsupportedImageError {
  return new UnsupportedImageError(
    `Cannot decode the JPEG: baseline or progressive coding is required: received ${what}`,
  );
}
