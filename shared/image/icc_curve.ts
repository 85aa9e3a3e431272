import { readFixed, readText } from "./icc_profile.ts";

/** A curve of a profile, from 0..1 to 0..1. */
export type Curve = (x: number) => number;

/** Reads a `curv` or `para` (ICC.1:2010, 10.5 and 10.15), and where it ends; undefined for other kinds. */
export function readCurve(view: DataView, at: number): { curve: Curve; end: number } | undefined {
  const type = readText(view, at);
  if (type === "para") return parametric(view, at);
  if (type !== "curv") return undefined;
  const count = view.getUint32(at + 8);
  const end = at + 12 + 2 * count;
  if (count === 0) return { curve: (x) => x, end };
  if (count === 1) {
    const gamma = view.getUint16(at + 12) / 256;
    return { curve: (x) => x ** gamma, end };
  }
  return { curve: table(count, (place) => view.getUint16(at + 12 + 2 * place) / 65535), end };
}

/** A curve by `count` of its values, equally far apart. */
export function table(count: number, value: (place: number) => number): Curve {
  if (count < 2) throw new RangeError("Cannot read a profile: a table of two values is required");
  value(count - 1); // a table that is cut off is none
  return (x) => {
    const place = Math.min(1, Math.max(0, x)) * (count - 1);
    const low = Math.min(Math.floor(place), count - 2);
    const from = value(low);
    return from + (value(low + 1) - from) * (place - low);
  };
}

/** Parameters of each of the five function types are g, a, b, c, d, e, f, the first few of them. */
function parametric(view: DataView, at: number): { curve: Curve; end: number } | undefined {
  const type = view.getUint16(at + 8);
  const count = [1, 3, 4, 5, 7][type];
  if (count === undefined) return undefined;
  const values = Array.from({ length: count }, (_, index) => readFixed(view, at + 12 + 4 * index));
  const [g = 1, a = 1, b = 0, c = 0, d = 0, e = 0, f = 0] = values;
  const curves: Curve[] = [
    (x) => x ** g,
    (x) => x >= -b / a ? (a * x + b) ** g : 0,
    (x) => x >= -b / a ? (a * x + b) ** g + c : c,
  ];
  const curve = curves[type] ?? ((x: number) => x >= d ? (a * x + b) ** g + e : c * x + f);
  return { curve, end: at + 12 + 4 * count };
}
