import { type ColourGrid, interpolator } from "./colour_grid.ts";
import { type Curve, readCurve, table } from "./icc_curve.ts";
import { type IccProfile, labToXyz, readFixed, readText, type Xyz, XYZ_SCALE } from "./icc_profile.ts";

/** From a profile's values, 0..1 each, to light. */
export type ToXyz = (values: ArrayLike<number>) => Xyz;

/** A profile's stages, from its values to numbers of the connection space; the curves are one for each channel. */
interface Stages {
  before: Curve[];
  grid?: ColourGrid;
  middle?: Curve[];
  /** 3 x 3, row-major, and what is added. */
  matrix?: number[];
  after: Curve[];
  toXyz: (a: number, b: number, c: number) => Xyz;
}

/**
 * Reads the table by which a profile of this many channels leads to its connection space: `A2B0`, of the types `lut8`, `lut16`
 * (ICC.1:2010, 10.8 and 10.9) and `lutAToB` (10.10). Undefined if it has none, or one of another kind.
 *
 * @throws {RangeError} if it is cut off
 */
export function readLut(profile: IccProfile, channels: number): ToXyz | undefined {
  const at = profile.tags.get("A2B0");
  if (at === undefined) return undefined;
  const { view } = profile;
  if (view.getUint8(at + 8) !== channels || view.getUint8(at + 9) !== 3) return undefined;
  const type = readText(view, at);
  if (type === "mft1" || type === "mft2") return run(readTables(profile, at, channels, type === "mft1"));
  const stages = type === "mAB " ? readStages(profile, at, channels) : undefined;
  return stages && run(stages);
}

function run({ before, grid, middle, matrix, after, toXyz }: Stages): ToXyz {
  const inGrid = grid && interpolator(grid);
  const curved = new Float64Array(before.length);
  const point = new Float64Array(3);
  return (values) => {
    for (let channel = 0; channel < before.length; channel++) {
      curved[channel] = before[channel]!(values[channel]!);
    }
    if (inGrid) inGrid(curved, point);
    else point.set(curved);
    if (middle) point.forEach((value, channel) => point[channel] = middle[channel]!(value));
    if (matrix) {
      const [a, b, c] = point as unknown as Xyz;
      for (let row = 0; row < 3; row++) {
        point[row] = matrix[3 * row]! * a + matrix[3 * row + 1]! * b + matrix[3 * row + 2]! * c +
          matrix[9 + row]!;
      }
    }
    return toXyz(after[0]!(point[0]!), after[1]!(point[1]!), after[2]!(point[2]!));
  };
}

/** `lut8` and `lut16`: tables, a grid with the same number of points along each channel, and tables. */
function readTables({ view, connection }: IccProfile, at: number, channels: number, short: boolean): Stages {
  const size = short ? 1 : 2;
  const most = short ? 255 : 65535;
  const read = (place: number) => (short ? view.getUint8(place) : view.getUint16(place)) / most;
  const side = view.getUint8(at + 10);
  const [inputs, outputs] = short ? [256, 256] : [view.getUint16(at + 48), view.getUint16(at + 50)];
  let from = at + (short ? 48 : 52);
  const tables = (count: number, length: number) =>
    Array.from({ length: count }, () => {
      const start = from;
      from += size * length;
      return table(length, (place) => read(start + size * place));
    });
  const before = tables(channels, inputs);
  const grid = readGrid(Array(channels).fill(side), (index) => read(from + size * index));
  from += size * grid.values.length;
  // In Lab, 16 bits have L* = 100 at 0xff00 (ICC.1:2010, 10.8).
  const lab = short ? 1 : 65535 / 65280;
  return {
    before,
    grid,
    after: tables(3, outputs),
    toXyz: connection === "Lab"
      ? (l, a, b) => labToXyz(100 * lab * l, 255 * lab * a - 128, 255 * lab * b - 128)
      : scaledXyz,
  };
}

/** `lutAToB`: each stage may be there or not. */
function readStages({ view, connection }: IccProfile, at: number, channels: number): Stages | undefined {
  const [b = 0, matrix = 0, m = 0, clut = 0, a = 0] = [12, 16, 20, 24, 28].map((place) =>
    view.getUint32(at + place)
  );
  if (clut === 0 && channels !== 3) return undefined;
  const curves = (offset: number, count: number): Curve[] | undefined => {
    const read: Curve[] = [];
    for (let from = at + offset; read.length < count;) {
      const next = readCurve(view, from);
      if (!next) return undefined;
      read.push(next.curve);
      from = next.end + (at + offset - next.end & 3); // each begins at a multiple of four bytes
    }
    return read;
  };
  const before = a ? curves(a, channels) : Array<Curve>(channels).fill((x) => x);
  const middle = m ? curves(m, 3) : undefined;
  const after = curves(b, 3);
  if (!before || !after || (m && !middle)) return undefined;
  const size = clut ? view.getUint8(at + clut + 16) : 0;
  const sides = Array.from(
    { length: clut ? channels : 0 },
    (_, channel) => view.getUint8(at + clut + channel),
  );
  const from = at + clut + 20;
  const read = (index: number) =>
    size === 1 ? view.getUint8(from + index) / 255 : view.getUint16(from + 2 * index) / 65535;
  return {
    before,
    after,
    ...(clut ? { grid: readGrid(sides, read) } : {}),
    ...(middle ? { middle } : {}),
    ...(matrix
      ? { matrix: Array.from({ length: 12 }, (_, index) => readFixed(view, at + matrix + 4 * index)) }
      : {}),
    toXyz: connection === "Lab" ? (l, a, b) => labToXyz(100 * l, 255 * a - 128, 255 * b - 128) : scaledXyz,
  };
}

/** @throws {RangeError} if a side has fewer than two points, or the profile ends before the grid does */
function readGrid(sides: number[], read: (index: number) => number): ColourGrid {
  const length = sides.reduce((product, side) => product * side, 3);
  if (Math.min(...sides) < 2) throw new RangeError("Cannot read a profile: a grid of two points is required");
  read(length - 1); // before room is made for it
  return { sides, values: Float32Array.from({ length }, (_, index) => read(index)) };
}

function scaledXyz(x: number, y: number, z: number): Xyz {
  return [XYZ_SCALE * x, XYZ_SCALE * y, XYZ_SCALE * z];
}
