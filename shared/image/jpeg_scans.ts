import { UnsupportedImageError } from "./errors.ts";
import type { JpegHeader } from "./jpeg_header.ts";

const EOI = 0xd9, SOS = 0xda;

/** Encoders write about ten. A small file of thousands of empty scans would keep the decoder busy for minutes. */
const MOST_SCANS = 100;

/** How the scans of a JPEG end. */
export interface JpegScans {
  /** Whether the end marker is there. */
  ended: boolean;
  /** Whether the scans that are there begin every coefficient's last bit of every component. */
  covered: boolean;
}

/**
 * Walks the scans of a JPEG without decoding them. A baseline file holds each component once; a progressive one
 * spreads bands of coefficients (Ss..Se) and their bits (down to Al = 0) over many scans (ITU-T T.81, G.1).
 *
 * @throws {UnsupportedImageError} if there are more than a hundred
 */
export function readJpegScans(bytes: Uint8Array, header: JpegHeader): JpegScans {
  // For each component, the coefficients whose lowest bit a scan brings: 64 of them when all is there.
  const brought = new Map(header.components.map((id) => [id, new Set<number>()]));
  const covered = () => [...brought.values()].every((coefficients) => coefficients.size === 64);
  let scans = 0;
  let at = header.scanAt;
  while (at >= 0 && at + 1 < bytes.length) {
    const marker = bytes[at + 1]!;
    if (marker === EOI) return { ended: true, covered: covered() };
    // 0xff00 is a data byte, 0xffd0..d7 restart markers, 0xffff fill: all inside a scan's data.
    if (marker === 0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) {
      at = bytes.indexOf(0xff, at + (marker === 0xff ? 1 : 2));
      continue;
    }
    const length = (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    if (marker === SOS) {
      if (++scans > MOST_SCANS) {
        throw new UnsupportedImageError(`Cannot decode the JPEG: at most ${MOST_SCANS} scans are accepted`);
      }
      note(bytes.subarray(at + 4, at + 2 + length), header.progressive, brought);
    }
    at = bytes.indexOf(0xff, at + 2 + length);
  }
  return { ended: false, covered: covered() };
}

function note(scan: Uint8Array, progressive: boolean, brought: Map<number, Set<number>>): void {
  const count = scan[0] ?? 0;
  const from = progressive ? scan[1 + 2 * count] ?? 0 : 0;
  const to = progressive ? scan[2 + 2 * count] ?? 0 : 63;
  const lowestBit = progressive ? (scan[3 + 2 * count] ?? 0) & 15 : 0;
  if (lowestBit !== 0) return;
  for (let index = 0; index < count; index++) {
    const coefficients = brought.get(scan[1 + 2 * index] ?? -1);
    for (let coefficient = from; coefficients && coefficient <= Math.min(to, 63); coefficient++) {
      coefficients.add(coefficient);
    }
  }
}
