import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage } from "../../../shared/image/decode.ts";
import { ImageError, UnsupportedImageError } from "../../../shared/image/errors.ts";
import { sniff } from "../../../shared/image/sniff.ts";
import { farthest, quarters } from "./golden.ts";

interface Entry {
  file: string;
  expect: {
    status: "embed" | "reject";
    width: number;
    height: number;
    tolerance: number;
    quadrant_rgb: Record<"top_left" | "top_right" | "bottom_left" | "bottom_right", number[]>;
  };
  or?: { status: "embed" | "reject" };
}

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
        const { top_left, top_right, bottom_left, bottom_right } = expect.quadrant_rgb;
        const error = farthest(quarters(pixels), [top_left, top_right, bottom_left, bottom_right]);
        assert(error <= 2 * expect.tolerance + 2, `a quarter's mean is off by ${error}`);
      }
      assert(performance.now() - start < 1000);
    });
  }
}

async function fails(decode: () => Promise<unknown>): Promise<boolean> {
  return await decode().then(() => false, () => true);
}
