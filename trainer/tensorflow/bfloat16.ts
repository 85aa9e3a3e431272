import { join } from "@std/path";

/** `tsl::port::TestCPUFeature(CPUFeature)`, and its numbers (tsl/platform/cpu_info.h of the wheel's headers). */
const TEST_CPU_FEATURE = "_ZN3tsl4port14TestCPUFeatureENS0_10CPUFeatureE";
const FEATURES = { AVX512_BF16: 39, AMX_BF16: 43, AARCH64_BF16: 1003 };

/**
 * Whether this CPU computes in bfloat16, by the test that TensorFlow makes itself. Others would emulate it, and be slower
 * than with float32.
 *
 * @param libraries TensorFlow's folder. The addon must have loaded them: a process in which only this did so ends in a
 *   crash, when they are unloaded
 */
export function cpuHasBfloat16(libraries: string): boolean {
  const library = Deno.dlopen(join(libraries, "libtensorflow_framework.so.2"), {
    test: { name: TEST_CPU_FEATURE, parameters: ["i32"], result: "bool" },
  });
  try {
    return Object.values(FEATURES).some((feature) => library.symbols.test(feature));
  } finally {
    library.close();
  }
}
