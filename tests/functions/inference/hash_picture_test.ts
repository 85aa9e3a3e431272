import { assertEquals } from "@std/assert";
import { hashPicture } from "../../../functions/embed/inference/hash_picture.ts";
import { sha256Hex } from "../../../shared/digest.ts";

Deno.test("hashPicture() gives the SHA-256, however long the picture is", async () => {
  const part = 1024 * 1024;
  const bytes = Uint8Array.from({ length: 2 * part + 1 }, (_, index) => index % 253);
  for (const length of [0, 1, part, part + 1, 2 * part, 2 * part + 1]) {
    const picture = bytes.subarray(0, length);
    assertEquals(await hashPicture(picture), await sha256Hex(picture));
  }
});
