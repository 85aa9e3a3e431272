import { assertEquals } from "@std/assert";
import { cpuHasBfloat16 } from "../../../trainer/tensorflow/bfloat16.ts";
import { readStamp } from "../../../trainer/tensorflow/build.ts";

Deno.test("cpuHasBfloat16() says what Linux says of the CPU", async () => {
  // Deno gives /proc only to programs that may do everything, so one such is asked.
  const code = 'console.log(/avx512_bf16|amx_bf16|\\bbf16\\b/.test(Deno.readTextFileSync("/proc/cpuinfo")))';
  const { stdout } = await new Deno.Command("deno", { args: ["eval", code] }).output();
  const { libraries } = (await readStamp())!;
  assertEquals(`${cpuHasBfloat16(libraries)}`, new TextDecoder().decode(stdout).trim());
});
