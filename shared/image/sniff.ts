/** Kinds that are decoded here. */
export type Format = "jpeg" | "png" | "webp" | "gif" | "avif";

/** A kind of file, by its first bytes; of those that are not decoded here only the name is known. */
export interface Kind {
  format: Format | "other";
  /** The name that people know the kind by. */
  name: string;
}

const JPEG: Kind = { format: "jpeg", name: "JPEG" };
const PNG: Kind = { format: "png", name: "PNG" };
const WEBP: Kind = { format: "webp", name: "WebP" };
const GIF: Kind = { format: "gif", name: "GIF" };
const AVIF: Kind = { format: "avif", name: "AVIF" };

/** Leading bytes, as Latin-1 text, of kinds that are refused by name. */
const SIGNATURES: [string, string][] = [
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["II+\0", "TIFF"],
  ["MM\0+", "TIFF"],
  ["BM", "BMP"],
  ["8BPS", "Photoshop"],
  ["\0\0\x01\0", "ICO"],
  ["\0\0\x02\0", "CUR"],
  ["icns", "ICNS"],
  ["DDS ", "DDS"],
  ["\xff\x0a", "JPEG XL"],
  ["\0\0\0\x0cJXL ", "JPEG XL"],
  ["\0\0\0\x0cjP  ", "JPEG 2000"],
  ["\xff\x4f\xff\x51", "JPEG 2000"],
  ["qoif", "QOI"],
  ["%PDF", "PDF"],
];

/** Brands of the ISO base media container (ISO/IEC 23008-12, AVIF 1.1); the general ones come last. */
const BRANDS: [string, Kind][] = [
  ["avif", AVIF],
  ["avis", AVIF],
  ...["heic", "heix", "heim", "heis", "hevc", "hevx"].map((brand): [string, Kind] => [brand, other("HEIC")]),
  ["mif1", other("HEIF")],
  ["msf1", other("HEIF")],
];

/**
 * Tells what kind of file this is from its first bytes alone: neither the file's name nor its declared type counts.
 * Reads a bounded prefix, so it takes the same time for every input.
 */
export function sniff(bytes: Uint8Array): Kind | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  if (start.startsWith("\xff\xd8\xff") || start === "\xff\xd8") return JPEG;
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return PNG;
  if (start.startsWith("RIFF") && start.slice(8, 12) === "WEBP") return WEBP;
  if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) return GIF;
  if (start.slice(4, 8) === "ftyp") return sniffBrands(bytes);
  const known = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (known) return other(known[1]);
  const text = new TextDecoder().decode(bytes.subarray(0, 1024)).trimStart();
  if (/^<(\?xml|svg|!--|!DOCTYPE svg)/.test(text) && /<svg[\s>]/.test(text)) {
    return other("SVG");
  }
  return undefined;
}

function other(name: string): Kind {
  return { format: "other", name };
}

/** By the major brand, and where that is a general one, by the first known of the compatible ones. */
function sniffBrands(bytes: Uint8Array): Kind {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const text = String.fromCharCode(...bytes.subarray(8, Math.min(Math.max(size, 12), 256)));
  const [major = "", , ...compatible] = text.match(/[^]{4}/g) ?? [];
  const kind = (brand: string) => BRANDS.find(([name]) => name === brand)?.[1];
  const found = kind(major);
  if (found && found.name !== "HEIF") return found;
  if (!found) return other("a video or other ISO media");
  return compatible.map(kind).find((each) => each && each.name !== "HEIF") ?? found;
}
