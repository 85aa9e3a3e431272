import { type ColourGrid, interpolator } from "./colour_grid.ts";
import { readCurve } from "./icc_curve.ts";
import { readLut, type ToXyz } from "./icc_lut.ts";
import { type IccProfile, labToXyz, readFixed, readProfile, WHITE, type Xyz } from "./icc_profile.ts";
import type { Pixels } from "./pixels.ts";

/** From XYZ under D50 to linear sRGB: the inverse of the primaries in the sRGB profile (ICC, sRGB v2). */
const XYZ_TO_SRGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.0334540],
  [0.0719453, -0.2289914, 1.4052427],
] as const;

const STEPS = 4095;
/** Pixel value for linear light of 0..STEPS / STEPS. */
const ENCODED = Uint8Array.from({ length: STEPS + 1 }, (_, step) => Math.round(255 * encode(step / STEPS)));

/** Points along each channel of a table that is converted as a whole: more make no difference of a step in 255. */
const GRID_SIDES: Record<number, number> = { 3: 17, 4: 11 };
/** Of perceptual tables of version 4 (ICC.1:2010, 6.3.3). */
const PERCEPTUAL_BLACK: Xyz = [0.00336, 0.0034731, 0.00287];

/**
 * Converts pixels, in place, from an embedded profile to sRGB: of RGB, by curves and a matrix (Display P3, Adobe RGB and the
 * like) or by a table, and of grey if the pixels are grey. Profiles of other kinds, and broken ones, leave the numbers as they
 * are: taken as sRGB.
 */
export function toSrgb({ data }: Pixels, profile: Uint8Array): void {
  read(profile, (icc) => {
    if (icc.space === "RGB") {
      const lut = readLut(icc, 3);
      if (lut) byTable(data, bake(lut, blackOf(icc, lut, [0, 0, 0]), 3), data);
      else byMatrix(data, icc);
    } else if (icc.space === "GRAY" && isGrey(data)) {
      const values = greyValues(icc);
      if (values) data.forEach((value, at) => data[at] = values[value]!);
    }
  });
}

/**
 * Converts amounts of ink to sRGB by an embedded profile of CMYK; undefined if it is of another kind, or broken.
 *
 * @param inks [height, width, 4]: cyan, magenta, yellow and black, of which 255 is all
 * @returns [height, width, 3]
 */
export function inksToSrgb(inks: Uint8Array, profile: Uint8Array): Uint8Array | undefined {
  return read(profile, (icc) => {
    const lut = icc.space === "CMYK" ? readLut(icc, 4) : undefined;
    if (!lut) return undefined;
    const rgb = new Uint8Array(inks.length / 4 * 3);
    byTable(inks, bake(lut, blackOf(icc, lut, [1, 1, 1, 1]), 4), rgb);
    return rgb;
  });
}

/** Undefined for what is no profile, or one that is cut off. */
function read<Result>(bytes: Uint8Array, use: (profile: IccProfile) => Result): Result | undefined {
  try {
    const profile = readProfile(bytes);
    return profile && use(profile);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function byMatrix(data: Uint8Array, { view, tags }: IccProfile): void {
  const primaries = ["rXYZ", "gXYZ", "bXYZ"].map((name) => tags.get(name));
  const transfers = ["rTRC", "gTRC", "bTRC"].map((name) => tags.get(name));
  if ([...primaries, ...transfers].includes(undefined)) return;
  const curves = transfers.map((at) => readCurve(view, at!)?.curve);
  if (curves.includes(undefined)) return;
  const [reds, greens, blues] = curves.map((curve) =>
    Float64Array.from({ length: 256 }, (_, value) => curve!(value / 255))
  ) as [Float64Array, Float64Array, Float64Array];
  const toXyz = [0, 1, 2].flatMap((row) => primaries.map((at) => readFixed(view, at! + 8 + 4 * row)));
  const m = XYZ_TO_SRGB.flatMap((row) =>
    [0, 1, 2].map((column) =>
      STEPS * row.reduce((sum, factor, k) => sum + factor * toXyz[3 * k + column]!, 0)
    )
  ) as [number, number, number, number, number, number, number, number, number];
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = m;
  for (let at = 0; at < data.length; at += 3) {
    const r = reds[data[at]!]!, g = greens[data[at + 1]!]!, b = blues[data[at + 2]!]!;
    data[at] = encoded(m0 * r + m1 * g + m2 * b);
    data[at + 1] = encoded(m3 * r + m4 * g + m5 * b);
    data[at + 2] = encoded(m6 * r + m7 * g + m8 * b);
  }
}

/** What each of 256 greys is in sRGB. */
function greyValues(profile: IccProfile): Uint8Array | undefined {
  const at = profile.tags.get("kTRC");
  const curve = at === undefined ? undefined : readCurve(profile.view, at)?.curve;
  if (!curve) return undefined;
  const light = profile.connection === "Lab"
    ? (value: number) => labToXyz(100 * curve(value), 0, 0)[1]
    : curve;
  const black = light(0);
  return Uint8Array.from(
    { length: 256 },
    (_, value) => encoded(STEPS * (light(value / 255) - black) / (1 - black)),
  );
}

function isGrey(data: Uint8Array): boolean {
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  }
  return true;
}

/**
 * The darkest that a table gives, which becomes sRGB's black: black point compensation, as Little CMS has it for pictures
 * (cmssamp.c).
 *
 * @param darkest the profile's values for it
 */
function blackOf({ major }: IccProfile, toXyz: ToXyz, darkest: number[]): Xyz {
  if (major >= 4) return PERCEPTUAL_BLACK;
  const y = Math.min(toXyz(darkest)[1], labToXyz(50, 0, 0)[1]);
  return WHITE.map((white) => white * y) as Xyz;
}

/** A table of sRGB pixel values. */
function bake(toXyz: ToXyz, black: Xyz, channels: number): ColourGrid {
  const side = GRID_SIDES[channels]!;
  const points = side ** channels;
  const values = new Float32Array(3 * points);
  for (let point = 0; point < points; point++) {
    const place = Array.from(
      { length: channels },
      (_, channel) => Math.floor(point / side ** (channels - 1 - channel)) % side / (side - 1),
    );
    const light = toXyz(place).map((value, index) =>
      WHITE[index]! * (value - black[index]!) / (WHITE[index]! - black[index]!)
    );
    XYZ_TO_SRGB.forEach((row, colour) => {
      const linear = row.reduce((sum, factor, index) => sum + factor * light[index]!, 0);
      values[3 * point + colour] = 255 * encode(Math.min(1, Math.max(0, linear)));
    });
  }
  return { sides: Array(channels).fill(side), values };
}

function byTable(from: Uint8Array, grid: ColourGrid, to: Uint8Array): void {
  const channels = grid.sides.length;
  const interpolate = interpolator(grid);
  const values = new Float64Array(channels), colour = new Float64Array(3);
  let known = -1; // areas of one colour are looked up once
  for (let at = 0, into = 0; at < from.length; into += 3) {
    let pixel = 0;
    for (let channel = 0; channel < channels; channel++) {
      pixel = pixel * 256 + from[at]!;
      values[channel] = from[at++]! / 255;
    }
    if (pixel !== known) interpolate(values, colour);
    known = pixel;
    for (let channel = 0; channel < 3; channel++) to[into + channel] = colour[channel]! + 0.5;
  }
}

/** sRGB's curve (IEC 61966-2-1). */
function encode(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}

function encoded(step: number): number {
  return ENCODED[step <= 0 ? 0 : step >= STEPS ? STEPS : (step + 0.5) | 0]!;
}
