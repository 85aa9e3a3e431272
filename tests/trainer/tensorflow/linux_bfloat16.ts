/**
 * Whether the CPU computes in bfloat16, by what Linux says of it. Deno gives /proc only to programs that may do everything,
 * so one such is asked.
 */
export async function linuxHasBfloat16(): Promise<boolean> {
  const code =
    'console.log(/\\b(avx512_bf16|amx_bf16|bf16)\\b/.test(Deno.readTextFileSync("/proc/cpuinfo")))';
  const { stdout } = await new Deno.Command("deno", { args: ["eval", code] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}
