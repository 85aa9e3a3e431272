/** The outline of a colour profile (ICC.1:2010, 7). Reading beyond its end throws a RangeError. */
export interface IccProfile {
  view: DataView;
  /** What its values are, such as "RGB", "GRAY" or "CMYK". */
  space: string;
  /** What it leads to: "XYZ" or "Lab", under D50. */
  connection: string;
  major: number;
  /** Where the contents of each tag begin. */
  tags: Map<string, number>;
}

/** Light under D50, in which white is `WHITE`. */
export type Xyz = [x: number, y: number, z: number];
export const WHITE: Xyz = [0.9642, 1, 0.8249];

/** The connection spaces' numbers are fractions of this much (ICC.1:2010, 6.3.4.2). */
export const XYZ_SCALE = 1 + 32767 / 32768;

/** Real ones have about twenty. */
const MOST_TAGS = 100;

/** @throws {RangeError} if the bytes end too early */
export function readProfile(bytes: Uint8Array): IccProfile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (readText(view, 36) !== "acsp") return undefined;
  const tags = new Map<string, number>();
  const count = Math.min(view.getUint32(128), MOST_TAGS);
  for (let tag = 0; tag < count; tag++) {
    tags.set(readText(view, 132 + 12 * tag), view.getUint32(136 + 12 * tag));
  }
  return {
    view,
    space: readText(view, 16).trim(),
    connection: readText(view, 20).trim(),
    major: view.getUint8(8),
    tags,
  };
}

export function readText(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((place) => view.getUint8(at + place)));
}

/** A signed 15.16 fixed-point number. */
export function readFixed(view: DataView, at: number): number {
  return view.getInt32(at) / 65536;
}

/** CIE 1976 L*a*b* under D50. */
export function labToXyz(l: number, a: number, b: number): Xyz {
  const y = (l + 16) / 116;
  const light = (t: number) => t > 6 / 29 ? t ** 3 : (t - 4 / 29) * 108 / 841;
  return [WHITE[0] * light(y + a / 500), WHITE[1] * light(y), WHITE[2] * light(y - b / 200)];
}
