import { largestFrame } from "./av1_size.ts";
import { DamagedImageError } from "./errors.ts";
import { type Box, Reader } from "./iso_boxes.ts";

/** What the container of an AVIF says of its primary picture. */
export interface AvifHeader {
  /** As stored, before the container's rotation. */
  width: number;
  height: number;
  /** The container's rotation and mirroring, as the EXIF orientation, 1 to 8, that does the same. */
  orientation: number;
  /** The embedded colour profile. */
  profile?: Uint8Array;
}

/** A picture of the container, or one of its tiles, or its transparency. */
interface Item {
  type: string;
  /** Its properties: boxes inside `ipco`. */
  properties: Box[];
  /** Its data, in parts; `cut` if the file ends before one does. */
  parts: Uint8Array[];
  cut: boolean;
}

/** A picture of 64 megapixels in tiles of 512 x 512 has 256 items, each in one part. */
const MOST_ITEMS = 1000, MOST_PARTS = 100;

/** By angle (quarter turns against the clock), and by axis of the mirroring after it: none, top-bottom, left-right. */
const ORIENTATIONS = [[1, 4, 2], [8, 5, 7], [3, 2, 4], [6, 7, 5]] as const;

/**
 * Reads the boxes of an AVIF (ISO/IEC 23008-12, AVIF 1.1). EXIF orientation is passed over: in this container rotation
 * is a property of its own, and EXIF only tells.
 *
 * @throws {DamagedImageError} if the file is cut off, has no picture, or its AV1 data are larger than its size
 */
export function readAvifHeader(bytes: Uint8Array): AvifHeader {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof RangeError) {
      throw broken("a container of complete boxes, at most 10,000,", "another");
    }
    throw error;
  }
}

function read(bytes: Uint8Array): AvifHeader {
  const meta = find([...new Reader(bytes).boxes()], "meta");
  if (!meta || meta.cut) throw cut();
  meta.data.uint(4); // version and flags
  const { primary, items } = readItems([...meta.data.boxes()], bytes);
  const item = items.get(primary);
  const size = item && find(item.properties, "ispe")?.data;
  if (!size) throw broken("a primary picture with a size", "none");
  size.at = 4;
  const [width, height] = [size.uint(4), size.uint(4)];
  if (width === 0 || height === 0) throw broken("a size", `${width} x ${height}`);
  let length = 0;
  for (const { type, parts, cut: isCut } of items.values()) {
    if (isCut) throw cut();
    if (type !== "av01") continue;
    length += parts.reduce((sum, part) => sum + part.length, 0);
    if (length > bytes.length) throw broken("data that do not overlap", "others");
    const frame = largestFrame(join(parts));
    // Tiles may be a little larger than the picture they make; a decoder's memory goes by them.
    if (frame.width * frame.height > 2 * width * height + 65_536) {
      throw broken(`AV1 data of ${width} x ${height}`, `${frame.width} x ${frame.height}`);
    }
  }
  const profile = readProfile(item.properties);
  return { width, height, orientation: readOrientation(item.properties), ...(profile ? { profile } : {}) };
}

function readItems(meta: Box[], file: Uint8Array): { primary: number; items: Map<number, Item> } {
  const items = new Map<number, Item>();
  const [pitm, iinf, iloc, iprp] = ["pitm", "iinf", "iloc", "iprp"].map((name) => find(meta, name)?.data);
  if (!pitm || !iinf || !iloc || !iprp) throw broken("a primary picture", "none");
  const primary = versioned(pitm) === 0 ? pitm.uint(2) : pitm.uint(4);
  iinf.uint(versioned(iinf) === 0 ? 2 : 4);
  for (const { name, data } of iinf.boxes()) {
    if (name !== "infe") continue;
    const id = data.uint(versioned(data) < 3 ? 2 : 4);
    data.uint(2); // protection
    atMostItems(items.size + 1);
    items.set(id, { type: data.text(4), properties: [], parts: [], cut: false });
  }
  readLocations(iloc, items, file, find(meta, "idat")?.data.bytes);
  readProperties([...iprp.boxes()], items);
  return { primary, items };
}

function atMostItems(count: number): number {
  if (count > MOST_ITEMS) throw broken(`at most ${MOST_ITEMS} pictures`, `${count}`);
  return count;
}

function readLocations(iloc: Reader, items: Map<number, Item>, file: Uint8Array, idat?: Uint8Array): void {
  const version = versioned(iloc);
  const sizes = iloc.uint(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15] as const;
  const indexSize = version > 0 ? sizes & 15 : 0;
  for (let left = atMostItems(iloc.uint(version < 2 ? 2 : 4)); left > 0; left--) {
    const item = items.get(iloc.uint(version < 2 ? 2 : 4));
    const method = version > 0 ? iloc.uint(2) & 15 : 0;
    const source = method === 0 ? file : method === 1 ? idat : undefined;
    if (!source) throw broken("data in the file", "others");
    iloc.uint(2); // data reference
    const base = iloc.uint(baseSize);
    const count = iloc.uint(2);
    if (count > MOST_PARTS) throw broken(`at most ${MOST_PARTS} parts`, `${count}`);
    for (let part = 0; part < count; part++) {
      iloc.uint(indexSize);
      const from = base + iloc.uint(offsetSize);
      const size = iloc.uint(lengthSize);
      const to = size === 0 ? source.length : from + size;
      item?.parts.push(source.subarray(from, to));
      if (item && to > source.length) item.cut = true;
    }
  }
}

function readProperties(iprp: Box[], items: Map<number, Item>): void {
  const properties = [...find(iprp, "ipco")?.data.boxes() ?? []];
  for (const { name, data } of iprp) {
    if (name !== "ipma") continue;
    const version = data.uint(1);
    const wide = (data.uint(3) & 1) === 1;
    for (let left = atMostItems(data.uint(4)); left > 0; left--) {
      const item = items.get(data.uint(version < 1 ? 2 : 4));
      for (let count = data.uint(1); count > 0; count--) {
        const place = wide ? data.uint(2) & 0x7fff : data.uint(1) & 0x7f;
        const property = properties[place - 1];
        if (property) item?.properties.push(property);
      }
    }
  }
}

function readOrientation(properties: Box[]): number {
  const rotation = find(properties, "irot")?.data, mirror = find(properties, "imir")?.data;
  const angle = ORIENTATIONS[rotation ? rotation.uint(1) & 3 : 0]!;
  return angle[mirror ? (mirror.uint(1) & 1) + 1 : 0]!;
}

function readProfile(properties: Box[]): Uint8Array | undefined {
  for (const { name, data } of properties) {
    if (name !== "colr") continue;
    const type = data.text(4);
    if (type === "prof" || type === "rICC") return data.bytes.subarray(4);
  }
}

function join(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function versioned(data: Reader): number {
  const version = data.uint(1);
  data.uint(3); // flags
  return version;
}

function find(boxes: Box[], name: string): Box | undefined {
  return boxes.find((box) => box.name === name);
}

function cut(): DamagedImageError {
  return new DamagedImageError("Cannot decode the AVIF: a complete file is required: it is cut off");
}

function broken(required: string, received: string): DamagedImageError {
  return new DamagedImageError(`Cannot decode the AVIF: ${required} is required: received ${received}`);
}
