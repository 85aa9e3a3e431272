import { assertEquals } from "@std/assert";
import { cpuHasBfloat16 } from "../../../trainer/tensorflow/bfloat16.ts";
import { readStamp } from "../../../trainer/tensorflow/build.ts";
import { loadTensorFlow } from "../../../trainer/tensorflow/load.ts";
import { linuxHasBfloat16 } from "./linux_bfloat16.ts";

await loadTensorFlow();

Deno.test("cpuHasBfloat16() says what Linux says of the CPU", async () => {
  const { libraries } = (await readStamp())!;
  assertEquals(cpuHasBfloat16(libraries), await linuxHasBfloat16());
});
