import { crc32, deflateSync, inflateSync } from "node:zlib";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { decodeImage } from "../../../shared/image/decode.ts";
import {
  DamagedImageError,
  ImageError,
  ImageTooLargeError,
  NotAnImageError,
  UnsupportedImageError,
} from "../../../shared/image/errors.ts";
import { encodeJpeg } from "../../../shared/image/encode_jpeg.ts";
import { orient } from "../../../shared/image/orient.ts";
import { pngChunks } from "../../../shared/image/png_header.ts";
import { resize } from "../../../shared/image/resize.ts";
import { farthest, quarters, readGoldens, readImage } from "./golden.ts";

const maxPixels = 1_000_000;
const goldens = await readGoldens();

for (const [name, expected] of Object.entries(goldens.decode)) {
  Deno.test(`decodeImage() gives Pillow's picture when given ${name}`, async () => {
    const { pixels, width, height } = await decodeImage(await readImage(name), { maxPixels });
    assertEquals([width, height], [expected.width, expected.height]);
    assertEquals([pixels.width, pixels.height], [width, height]);
    const error = farthest(quarters(pixels), expected.quarters);
    assert(error <= expected.tolerance, `a quarter's mean is off by ${error}`);
  });
}

for (const name of ["orientation_1.jpg", "progressive.jpg", "restarts.jpg", "cmyk.jpg"]) {
  Deno.test(`decodeImage() says that ${name} is cut off when it is, wherever that is`, async () => {
    const bytes = await readImage(name);
    for (const share of [0.02, 0.2, 0.5, 0.8, 0.95, 0.995]) {
      const cut = bytes.slice(0, Math.floor(bytes.length * share));
      await assertRejects(() => decodeImage(cut, { maxPixels }), DamagedImageError, "cut off");
      const padded = new Uint8Array(bytes.length + 100);
      padded.set(cut);
      await assertRejects(() => decodeImage(padded, { maxPixels }), DamagedImageError, "cut off");
    }
  });

  Deno.test(`decodeImage() shows ${name} when it lacks only its end marker`, async () => {
    const bytes = await readImage(name);
    const whole = await decodeImage(bytes, { maxPixels });
    for (const padding of [0, 1, 500]) {
      const unended = new Uint8Array(bytes.length - 2 + padding);
      unended.set(bytes.subarray(0, bytes.length - 2));
      assertEquals(await decodeImage(unended, { maxPixels }), whole);
    }
  });
}

Deno.test("decodeImage() shows the first picture when others follow it in the file", async () => {
  const bytes = await readImage("orientation_1.jpg");
  const second = await readImage("grey.jpg");
  const whole = await decodeImage(bytes, { maxPixels });
  assertEquals(await decodeImage(new Uint8Array([...bytes, ...second.slice(0, 900)]), { maxPixels }), whole);
});

Deno.test("decodeImage() refuses a progressive JPEG when its later scans are missing", async () => {
  const bytes = await readImage("progressive.jpg");
  const scans = [...bytes.keys()].filter((at) => bytes[at] === 0xff && bytes[at + 1] === 0xda);
  const cut = bytes.slice(0, scans.at(-1));
  await assertRejects(() => decodeImage(cut, { maxPixels }), DamagedImageError, "cut off");
});

for (
  const name of ["base.png", "lossy.webp", "lossless.webp", "alpha.webp", "interlaced.gif", "alpha.avif"]
) {
  Deno.test(`decodeImage() says that ${name} is cut off when it is, wherever that is`, async () => {
    const bytes = await readImage(name);
    for (const length of [16, 20, 33, 60, bytes.length >> 1, bytes.length - 20]) {
      const cut = bytes.slice(0, length);
      await assertRejects(() => decodeImage(cut, { maxPixels }), DamagedImageError, "cut off");
    }
  });
}

for (const name of ["animated.webp", "animated.gif"]) {
  Deno.test(`decodeImage() shows the first picture of ${name} when later ones are cut off`, async () => {
    const bytes = await readImage(name);
    const whole = await decodeImage(bytes, { maxPixels });
    assertEquals(await decodeImage(bytes.slice(0, Math.ceil(bytes.length * 0.9)), { maxPixels }), whole);
  });
}

Deno.test("decodeImage() refuses a WebP when its frame does not fit its canvas", async () => {
  const bytes = await readImage("alpha.webp");
  bytes[24]! += 1;
  await assertRejects(() => decodeImage(bytes, { maxPixels }), DamagedImageError, "98 x 61");
});

Deno.test("decodeImage() refuses an AVIF when its AV1 data are larger than it says", async () => {
  const bytes = await readImage("plain.avif");
  const data = new TextDecoder("latin1").decode(bytes).indexOf("mdat") + 4;
  bytes.set([0x3f, 0xff, 0xff, 0xff, 0xff, 0xff], data + 5); // 16 bits each for width and height, all of them set
  await assertRejects(() => decodeImage(bytes, { maxPixels }), DamagedImageError, "65536 x 65536");
});

Deno.test("decodeImage() refuses an animation when its screen, or a frame, has too many pixels", async () => {
  const webp = await readImage("animated.webp");
  webp.set([0xff, 0xff, 0], 24);
  await assertRejects(() => decodeImage(webp, { maxPixels }), ImageTooLargeError, "65536 x 61");
  const gif = await readImage("part.gif");
  const frame = gif.findIndex((byte, at) => byte === 0x2c && gif[at + 1] === 20 && gif[at + 3] === 10);
  gif.set([0xff, 0xff, 0xff, 0xff], frame + 5);
  await assertRejects(() => decodeImage(gif, { maxPixels }), ImageTooLargeError, "65555 x 65545");
});

Deno.test("decodeImage() says that a PNG is broken when its data are", async () => {
  const bytes = await readImage("base.png");
  bytes.fill(0x55, 1000, 1400);
  await assertRejects(() => decodeImage(bytes, { maxPixels }), DamagedImageError, "broken");
});

for (
  const name of ["lossy.webp", "lossless.webp", "alpha.webp", "interlaced.gif", "plain.avif", "base.png"]
) {
  Deno.test(`decodeImage() decodes ${name} as before when others were broken`, async () => {
    const bytes = await readImage(name);
    const before = await decodeImage(bytes, { maxPixels });
    for (let at = 120; at < bytes.length - 60; at += bytes.length >> 4) {
      const broken = bytes.slice();
      broken.fill(0xff, at, at + 60);
      await decodeImage(broken, { maxPixels }).catch((error) => assertInstanceOf(error, ImageError));
      assertEquals(await decodeImage(bytes, { maxPixels }), before);
    }
  });
}

Deno.test("decodeImage() decodes the next picture when the one before was broken", async () => {
  const bytes = await readImage("orientation_1.jpg");
  const broken = bytes.slice();
  const scan = broken.findIndex((byte, at) => byte === 0xff && broken[at + 1] === 0xc4);
  broken.fill(0xff, scan + 4, scan + 40); // its Huffman tables
  const before = await decodeImage(bytes, { maxPixels });
  await assertRejects(() => decodeImage(broken, { maxPixels }), DamagedImageError);
  assertEquals(await decodeImage(bytes, { maxPixels }), before);
});

Deno.test("decodeImage() refuses by the header, at once, when a picture has too many pixels", async () => {
  const bytes = await readImage("orientation_1.jpg");
  const frame = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xc0);
  bytes.set([0xff, 0xdc, 0xff, 0xdc], frame + 5);
  const start = performance.now();
  const error = await assertRejects(() => decodeImage(bytes, { maxPixels }), ImageTooLargeError);
  assert(error.message.includes("65500 x 65500") && error.message.includes("1000000"), error.message);
  assert(performance.now() - start < 100);
});

Deno.test("decodeImage() refuses what is no picture when given nothing, a stub, text or a known other kind", async () => {
  const decode = (text: string) => decodeImage(Uint8Array.from(text, (c) => c.charCodeAt(0)), { maxPixels });
  await assertRejects(() => decode(""), NotAnImageError, "received nothing");
  await assertRejects(() => decode('{"not": "a picture"}'), NotAnImageError, "no known kind");
  await assertRejects(() => decode("\xff\xd8\xff"), DamagedImageError, "cut off");
  await assertRejects(() => decode("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), DamagedImageError, "cut off");
  const kinds = {
    "\0\0\0\x18ftypheic": "HEIC",
    "II*\0\x08\0\0\0": "TIFF",
    "BM\x10\0\0\0": "BMP",
    '<?xml version="1.0"?>\n<svg width="1">': "SVG",
    "icns\0\0\0\x40ICON\0\0\0\0": "ICNS",
    "\x89PNG\r\n\x1a\n\0\0\0\x04CgBI": "CgBI",
  };
  for (const [start, name] of Object.entries(kinds)) {
    const error = await assertRejects(() => decode(start), UnsupportedImageError);
    assert(error.message.includes(name) && error.message.includes("required"), error.message);
  }
});

Deno.test("decodeImage() refuses rare JPEG codings by name when it meets them", async () => {
  const bytes = await readImage("orientation_1.jpg");
  const frame = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xc0);
  for (
    const [at, value, name] of [[1, 0xc3, "lossless"], [1, 0xc9, "arithmetic"], [4, 12, "12 bits"]] as const
  ) {
    const rare = bytes.slice();
    rare[frame + at] = value;
    await assertRejects(() => decodeImage(rare, { maxPixels }), UnsupportedImageError, name);
  }
});

Deno.test("decodeImage() takes a colour profile that is broken as sRGB", async () => {
  const bytes = await readImage("adobe_rgb.jpg");
  const profile = new TextDecoder("latin1").decode(bytes).indexOf("acsp");
  bytes.fill(0, profile, profile + 4);
  const { quarters: plain } = goldens.decode["orientation_1.jpg"]!;
  const { pixels } = await decodeImage(bytes, { maxPixels });
  assert(farthest(quarters(pixels), plain) < 2);
});

Deno.test("decodeImage() covers the request, and shrinks to nearly the same, when a JPEG is decoded scaled", async () => {
  const bytes = await Deno.readFile(new URL("../../../fixtures/photos/scenes_00.jpg", import.meta.url));
  const whole = await decodeImage(bytes, { maxPixels });
  const scaled = await decodeImage(bytes, { maxPixels, cover: 20 });
  assertEquals([scaled.width, scaled.height], [whole.width, whole.height]);
  assertEquals([scaled.pixels.width, scaled.pixels.height], [whole.width / 2, whole.height / 2]);
  const a = resize(whole.pixels, 20, 20).data;
  const b = resize(scaled.pixels, 20, 20).data;
  const error = a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
  assert(error < 1, `mean difference ${error}`);
});

Deno.test("decodeImage() shows a PNG when its data say more than its rows, and refuses it when they say less", async () => {
  for (const name of ["base.png", "interlaced_16.png"]) {
    const bytes = await readImage(name);
    const whole = await decodeImage(bytes, { maxPixels });
    const data = [...pngChunks(bytes)].filter(({ name }) => name === "IDAT").map(({ data }) => data);
    const compressed = new Uint8Array(await new Blob(data as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    const rows = inflateSync(compressed);
    const more = deflateSync(new Uint8Array([...rows, ...Array(999).fill(1)]));
    for (const idat of [more, new Uint8Array([...compressed, 1, 2, 3])]) {
      assertEquals(await decodeImage(pngOf(bytes, idat), { maxPixels }), whole);
    }
    for (const idat of [deflateSync(rows.subarray(0, -1)), compressed.subarray(0, -9), new Uint8Array()]) {
      await assertRejects(() => decodeImage(pngOf(bytes, idat), { maxPixels }), DamagedImageError, "broken");
    }
  }
});

/** A PNG of the given one's header, and these compressed data. */
function pngOf(bytes: Uint8Array, data: Uint8Array): Uint8Array {
  const chunk = (name: string, data: Uint8Array) => {
    const written = new Uint8Array(12 + data.length);
    const view = new DataView(written.buffer);
    view.setUint32(0, data.length);
    written.set(new TextEncoder().encode(name), 4);
    written.set(data, 8);
    view.setUint32(8 + data.length, crc32(written.subarray(4, 8 + data.length)));
    return written;
  };
  return new Uint8Array([
    ...bytes.subarray(0, 33),
    ...chunk("IDAT", data),
    ...chunk("IEND", new Uint8Array()),
  ]);
}

Deno.test("decodeImage() gives a JPEG its whole length when it is a line of one pixel", async () => {
  const line = { width: 1, height: 90, data: new Uint8Array(270).fill(60, 0, 135) };
  for (const orientation of [1, 6]) {
    const { width, height } = orient(line, orientation);
    const { pixels, box } = await decodeImage(await encodeJpeg(orient(line, orientation), 90), {
      maxPixels,
      cover: 20,
    });
    assertEquals([pixels.width, pixels.height], [width, height]);
    assertEquals([box.width, box.height], [width, height]);
  }
});

Deno.test("decodeImage() refuses, at once, a JPEG of thousands of scans", async () => {
  const bytes = await readImage("progressive.jpg");
  const last = bytes.findLastIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xda);
  const scan = [...bytes.subarray(last, bytes.length - 2)];
  const many = Uint8Array.from([...bytes.subarray(0, last), ...Array(2000).fill(scan).flat(), 0xff, 0xd9]);
  const start = performance.now();
  await assertRejects(() => decodeImage(many, { maxPixels }), UnsupportedImageError, "100 scans");
  assert(performance.now() - start < 500);
});

Deno.test("decodeImage() refuses files of very many pieces before it makes room for them", async () => {
  const png = await readImage("base.png");
  const chunk = [0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54, 0x35, 0xaf, 0x06, 0x1e]; // IDAT with nothing in it
  const chunks = new Uint8Array([...png.subarray(0, 33), ...Array(100_001).fill(chunk).flat()]);
  await assertRejects(() => decodeImage(chunks, { maxPixels }), DamagedImageError, "at most 100000 chunks");

  const avif = await readImage("plain.avif");
  const box = [0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65]; // free
  const boxes = new Uint8Array([...avif, ...Array(10_000).fill(box).flat()]);
  await assertRejects(() => decodeImage(boxes, { maxPixels }), DamagedImageError, "at most 10,000");
  const text = new TextDecoder("latin1").decode(avif);
  for (const [name, at] of [["iloc", 10], ["ipma", 8]] as const) {
    const many = avif.slice();
    many.set([0xff, 0xff, 0xff], text.indexOf(name) + at);
    await assertRejects(() => decodeImage(many, { maxPixels }), DamagedImageError, "at most 1000 pictures");
  }
});

Deno.test("decodeImage() gives a picture or a named error when bytes of a file are changed at random", async () => {
  let state = 1;
  const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
  for (
    const name of [
      ...["orientation_6.jpg", "progressive.jpg", "adobe_rgb.jpg", "palette.png", "animated.png"],
      ...["lossy.webp", "alpha_lossless.webp", "animated.webp", "interlaced.gif", "part.gif", "alpha.avif"],
    ]
  ) {
    const bytes = await readImage(name);
    for (let round = 0; round < 40; round++) {
      const changed = bytes.slice();
      for (let change = 0; change < 4; change++) {
        changed[random(round < 20 ? 400 : bytes.length)] = random(
          256,
        );
      }
      try {
        const { pixels } = await decodeImage(changed, { maxPixels });
        assertEquals(pixels.data.length, pixels.width * pixels.height * 3);
      } catch (error) {
        assertInstanceOf(error, ImageError, `${name}, round ${round}: ${error}`);
      }
    }
  }
});
