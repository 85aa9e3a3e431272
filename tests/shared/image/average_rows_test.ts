import { assert, assertEquals } from "@std/assert";
import { averageRows } from "../../../shared/image/average_rows.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

Deno.test("averageRows() gives the means of equal parts, to few levels in noise", () => {
  for (const [width, height, rows] of [[1, 2, 2], [37, 600, 256], [11, 64, 9], [3, 5000, 256]] as const) {
    const random = new RandomStream(width, 0, 0, "edit");
    const data = Uint8Array.from({ length: width * height * 3 }, () => random.below(256));
    const averaged = averageRows({ width, height, data }, rows);
    assertEquals([averaged.width, averaged.height, averaged.data.length], [width, rows, width * rows * 3]);
    for (let at = 0; at < averaged.data.length; at++) {
      const [row, column] = [Math.floor(at / (width * 3)), at % (width * 3)];
      const [from, to] = [row * height / rows, (row + 1) * height / rows];
      let mean = 0;
      for (let y = Math.floor(from); y < Math.min(height, Math.ceil(to)); y++) {
        const share = (Math.min(to, y + 1) - Math.max(from, y)) / (to - from);
        mean += share * data[y * width * 3 + column]!;
      }
      // Weights are whole 128ths.
      const off = height === rows ? 0 : 5;
      assert(Math.abs(averaged.data[at]! - mean) <= off, `${averaged.data[at]}, and not ${mean}`);
    }
  }
});

Deno.test("averageRows() keeps an even picture as it is", () => {
  for (const level of [0, 1, 128, 254, 255]) {
    const data = new Uint8Array(9 * 1234 * 3).fill(level);
    assert(averageRows({ width: 9, height: 1234, data }, 256).data.every((value) => value === level));
  }
});
