import type { Pixels } from "./pixels.ts";

/** Light of each channel, 0..1, for each of 256 pixel values. */
type Curves = [Float64Array, Float64Array, Float64Array];

interface Profile {
  curves: Curves;
  /** Row-major 3 x 3: from the profile's light to XYZ under D50. */
  toXyz: number[];
}

/** From XYZ under D50 to linear sRGB: the inverse of the primaries in the sRGB profile (ICC, sRGB v2). */
const XYZ_TO_SRGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.0334540],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

const STEPS = 4095;
/** Pixel value for linear light of 0..STEPS / STEPS (IEC 61966-2-1). */
const ENCODED = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const light = step / STEPS;
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
});

/**
 * Converts pixels, in place, from an embedded RGB profile of three curves and a matrix (Display P3, Adobe RGB and the
 * like) to sRGB. Profiles of other kinds, and broken ones, leave the numbers as they are: taken as sRGB.
 */
export function toSrgb({ data }: Pixels, profile: Uint8Array): void {
  const parsed = parse(profile);
  if (!parsed) return;
  const { curves: [reds, greens, blues], toXyz } = parsed;
  const m = XYZ_TO_SRGB.flatMap((row) =>
    [0, 1, 2].map((column) =>
      STEPS * row.reduce((sum, factor, k) => sum + factor * toXyz[3 * k + column]!, 0)
    )
  ) as [number, number, number, number, number, number, number, number, number];
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = m;
  for (let at = 0; at < data.length; at += 3) {
    const r = reds[data[at]!]!, g = greens[data[at + 1]!]!, b = blues[data[at + 2]!]!;
    data[at] = encode(m0 * r + m1 * g + m2 * b);
    data[at + 1] = encode(m3 * r + m4 * g + m5 * b);
    data[at + 2] = encode(m6 * r + m7 * g + m8 * b);
  }
}

function encode(step: number): number {
  return ENCODED[step <= 0 ? 0 : step >= STEPS ? STEPS : (step + 0.5) | 0]!;
}

/** Reads an ICC profile (ICC.1:2010, 7 to 10); undefined if it is not of three curves and a matrix. */
function parse(bytes: Uint8Array): Profile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (text(view, 36) !== "acsp" || text(view, 16) !== "RGB " || text(view, 20) !== "XYZ ") return undefined;
    const tags = new Map<string, number>();
    const count = Math.min(view.getUint32(128), 100);
    for (let tag = 0; tag < count; tag++) {
      tags.set(text(view, 132 + 12 * tag), view.getUint32(136 + 12 * tag));
    }
    const primaries = ["rXYZ", "gXYZ", "bXYZ"].map((name) => tags.get(name));
    const transfers = ["rTRC", "gTRC", "bTRC"].map((name) => tags.get(name));
    if ([...primaries, ...transfers].includes(undefined)) return undefined;
    const curves = transfers.map((at) => readCurve(view, at!));
    if (curves.includes(undefined)) return undefined;
    const toXyz = [0, 1, 2].flatMap((row) => primaries.map((at) => fixed(view, at! + 8 + 4 * row)));
    return { curves: curves as Curves, toXyz };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readCurve(view: DataView, at: number): Float64Array | undefined {
  const type = text(view, at);
  if (type === "para") return parametric(view, at);
  if (type !== "curv") return undefined;
  const count = view.getUint32(at + 8);
  if (count === 0) return sample((x) => x);
  if (count === 1) return sample((x) => x ** (view.getUint16(at + 12) / 256));
  return sample((x) => {
    const place = x * (count - 1);
    const low = Math.min(Math.floor(place), count - 2);
    const [from, to] = [view.getUint16(at + 12 + 2 * low), view.getUint16(at + 14 + 2 * low)];
    return (from + (to - from) * (place - low)) / 65535;
  });
}

/** Parameters of each of the five function types are g, a, b, c, d, e, f, the first few of them. */
function parametric(view: DataView, at: number): Float64Array | undefined {
  const type = view.getUint16(at + 8);
  const count = [1, 3, 4, 5, 7][type];
  if (count === undefined) return undefined;
  const values = Array.from({ length: count }, (_, index) => fixed(view, at + 12 + 4 * index));
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = values;
  if (type === 0) return sample((x) => x ** g);
  if (type === 1) return sample((x) => x >= -b / a ? (a * x + b) ** g : 0);
  if (type === 2) return sample((x) => x >= -b / a ? (a * x + b) ** g + c : c);
  return sample((x) => x >= d ? (a * x + b) ** g + e : c * x + f);
}

function sample(curve: (x: number) => number): Float64Array {
  return Float64Array.from({ length: 256 }, (_, value) => curve(value / 255));
}

function text(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

/** A signed 15.16 fixed-point number. */
function fixed(view: DataView, at: number): number {
  return view.getInt32(at) / 65536;
}
