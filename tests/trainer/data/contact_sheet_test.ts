import { assertEquals } from "@std/assert";
import { contactSheet } from "../../../trainer/data/contact_sheet.ts";

const picture = (width: number, height: number, value: number) => ({
  ...{ width, height },
  data: new Uint8Array(width * height * 3).fill(value),
});

Deno.test("contactSheet() lays rows out on white: small pictures enlarged, others whole in their proportions", () => {
  const { width, height, data } = contactSheet([
    [picture(100, 50, 10), picture(48, 48, 20)],
    [picture(48, 48, 30)],
  ], 48);
  assertEquals([width, height], [2 * 96 + 3 * 4, 2 * 96 + 3 * 4]);
  const at = (x: number, y: number) => data[(y * width + x) * 3];
  assertEquals([at(0, 0), at(4, 4 + 23), at(4, 4 + 24), at(99, 4 + 71), at(99, 4 + 72)], [
    255,
    255,
    10,
    10,
    255,
  ]);
  assertEquals([at(103, 4), at(104, 4), at(199, 99), at(200, 99)], [255, 20, 20, 255]);
  assertEquals([at(4, 104), at(150, 150)], [30, 255]);
});
