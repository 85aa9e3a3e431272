import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage } from "../../../shared/image/decode.ts";
import { ImageError, UnsupportedImageError } from "../../../shared/image/errors.ts";
import { sniff } from "../../../shared/image/sniff.ts";
import { farthest, mean, quarters } from "./golden.ts";

interface Entry {
  file: string;
  expect: {
    status: "embed" | "reject";
    width: number;
    height: number;
    tolerance: number;
    mean_rgb: number[];
    quadrant_rgb: Record<"top_left" | "top_right" | "bottom_left" | "bottom_right", number[]>;
  };
  or?: { status: "embed" | "reject" };
}

type Recorded = { error: string } | { width: number; height: number; mean_rgb_on_white: number[] };

// The kinds of files that bug reports describe, where the folder that holds them is at hand.
const shared = Deno.env.get("LOOKALIKE_SHARED");
if (shared) {
  const { entries }: { entries: Entry[] } = JSON.parse(
    await Deno.readTextFile(`${shared}/field/expected.json`),
  );
  for (const { file, expect, or } of entries) {
    Deno.test(`decodeImage() does the right thing when given the field's ${file}`, async () => {
      const bytes = await Deno.readFile(`${shared}/field/${file}`);
      const decode = () => decodeImage(bytes, { maxPixels: 50_000_000 });
      const start = performance.now();
      if (sniff(bytes)?.format === "other") {
        await assertRejects(decode, UnsupportedImageError);
      } else if (expect.status === "reject" || or?.status === "reject" && await fails(decode)) {
        await assertRejects(decode, ImageError);
      } else {
        const { pixels, width, height } = await decode();
        assertEquals([width, height], [expect.width, expect.height]);
        const error = farthest([mean(pixels)], [expect.mean_rgb]);
        assert(error <= expect.tolerance, `the mean is off by ${error}`);
        if (width === 1) return; // its other quarters are empty
        const { top_left, top_right, bottom_left, bottom_right } = expect.quadrant_rgb;
        const farther = farthest(quarters(pixels), [top_left, top_right, bottom_left, bottom_right]);
        assert(farther <= 2 * expect.tolerance + 2, `a quarter's mean is off by ${farther}`);
      }
      assert(performance.now() - start < 3000);
    });
  }
}

// The image crates' own test files, and what Pillow makes of them, where data/decode.tar is unpacked.
const decode = Deno.env.get("LOOKALIKE_DECODE");
if (decode) {
  const recorded: Record<string, Recorded> = JSON.parse(await Deno.readTextFile(`${decode}/pillow.json`));
  for (const [file, expected] of Object.entries(recorded)) {
    Deno.test(`decodeImage() does what Pillow does when given ${file}`, async () => {
      const bytes = await Deno.readFile(`${decode}/${file}`);
      const start = performance.now();
      if ("error" in expected || sniff(bytes)?.format === "other") {
        await assertRejects(() => decodeImage(bytes, { maxPixels: 50_000_000 }), ImageError);
      } else {
        const { pixels, width, height } = await decodeImage(bytes, { maxPixels: 50_000_000 });
        assertEquals([width, height], [expected.width, expected.height]);
        // Pillow's numbers are those before the conversion from the picture's own profile.
        const tolerance = file === "valid/jpg_portrait_2.jpg" ? 16 : 2;
        const error = farthest([mean(pixels)], [expected.mean_rgb_on_white]);
        assert(error <= tolerance, `the mean is off by ${error}`);
      }
      assert(performance.now() - start < 3000);
    });
  }
}

async function fails(decode: () => Promise<unknown>): Promise<boolean> {
  return await decode().then(() => false, () => true);
}
