import { crc32 } from "node:zlib";

/** A seeded source of whole numbers below `below` (Park and Miller's generator). */
export type Random = (below: number) => number;

export function seeded(seed: number): Random {
  let state = seed % 2147483646 + 1;
  return (below) => (state = (state * 48271) % 2147483647) % below;
}

const HEADER = 512;

type Mutation = (bytes: Uint8Array, other: Uint8Array, random: Random) => Uint8Array;

/** Ways in which files break, and are broken on purpose. */
const mutations: Record<string, Mutation> = {
  "flipped bits": (bytes, _, random) => {
    for (let flips = 1 + random(16); flips > 0; flips--) bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  "flipped bits in the header": (bytes, _, random) => {
    for (let flips = 1 + random(4); flips > 0; flips--) {
      bytes[random(Math.min(HEADER, bytes.length))]! ^= 1 << random(8);
    }
    return bytes;
  },
  "a number in the header made large": (bytes, _, random) => {
    const at = 8 + random(Math.min(HEADER, bytes.length) - 8);
    return bytes.fill([0xff, 0x7f, 0x80, 0][random(4)]!, at, at + 1 + random(4));
  },
  "cut": (bytes, _, random) => bytes.slice(0, random(bytes.length)),
  "a hole of zeros": (bytes, _, random) => {
    const at = random(bytes.length);
    return bytes.fill(0, at, at + random(bytes.length));
  },
  "another's header": (bytes, other, random) => {
    const length = random(Math.min(HEADER, bytes.length, other.length));
    bytes.set(other.subarray(0, length));
    return bytes;
  },
  "another's data": (bytes, other, random) => {
    const at = random(bytes.length);
    const from = random(other.length);
    const spliced = new Uint8Array(at + other.length - from);
    spliced.set(bytes.subarray(0, at));
    spliced.set(other.subarray(from), at);
    return spliced;
  },
  "a part twice": (bytes, _, random) => {
    const from = random(bytes.length);
    const to = from + random(bytes.length - from);
    return Uint8Array.from([...bytes.subarray(0, to), ...bytes.subarray(from)]);
  },
};

/**
 * Breaks a copy of the file in one way; `other` is another file. Half of the broken PNGs have right checksums all the same:
 * a decoder looks at nothing else of a chunk whose checksum is wrong.
 */
export function mutate(
  bytes: Uint8Array,
  other: Uint8Array,
  random: Random,
): { way: string; bytes: Uint8Array<ArrayBuffer> } {
  const ways = Object.keys(mutations);
  const way = ways[random(ways.length)]!;
  const mutated = new Uint8Array(mutations[way]!(bytes.slice(), other, random));
  return random(2) === 0 ? { way, bytes: mutated } : { way, bytes: withPngChecksums(mutated) };
}

/** Sets the checksums of a PNG's chunks, as far as they can be told apart; other files stay as they are. */
function withPngChecksums(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes[0] !== 0x89 || bytes[1] !== 0x50) return bytes;
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
  return bytes;
}
