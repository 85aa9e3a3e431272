import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const program = fromFileUrl(new URL("setup_program.ts", import.meta.url));

/** Stand-ins for programs on the PATH: shell scripts by name. */
type Programs = Record<string, string>;

interface Outcome {
  code: number;
  output: string;
  /** What is in the folder that TensorFlow should be installed into. */
  entries: string[];
}

/** Runs a part of the setup where these programs, and no others, are on the PATH. */
async function setUp(
  root: string,
  part: "install" | "build" | "detect",
  programs: Programs,
): Promise<Outcome> {
  const bin = join(root, "bin");
  const folder = join(root, "tensorflow");
  await Deno.remove(bin, { recursive: true }).catch(() => {});
  await Deno.mkdir(bin);
  for (const [name, script] of Object.entries(programs)) {
    await Deno.writeTextFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...[
        "run",
        "--no-prompt",
        "--no-check",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        "--allow-sys",
        "--allow-run",
      ],
      ...[program, part, folder, bin],
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  return { code, output: text(stdout) + text(stderr), entries: entries.map(({ name }) => name) };
}

async function withFolder(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "lookalike-setup-" });
  try {
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** A python3 that has pip, sees no GPU, and whose installations end as `install` says; "$5" is the target. */
const python = (install: string) => `
case "$*" in
  *"pip --version"*) exit 0;;
  *"pip install"*) ${install};;
  *) exit 1;;
esac`;
const FETCH_A_PART = '/bin/mkdir -p "$5" && echo part > "$5/part"';

Deno.test("detectDevice() says how to get python3 when there is none", async () => {
  await withFolder(async (root) => {
    const { code, output } = await setUp(root, "detect", {});
    assertEquals(code, 1);
    assertStringIncludes(output, "SetupError: Cannot set TensorFlow up: python3 with pip is required");
    assertStringIncludes(output, "apt-get install python3-pip");
  });
});

Deno.test("installTensorFlow() says how to get pip when python3 has none", async () => {
  await withFolder(async (root) => {
    const { code, output, entries } = await setUp(root, "install", { python3: "exit 1" });
    assertEquals([code, entries], [1, []]);
    assertStringIncludes(output, "python3 has no pip: install it, for example with");
  });
});

Deno.test("installTensorFlow() leaves only a partial folder when pip fails, and the next call clears it", async () => {
  await withFolder(async (root) => {
    const failed = await setUp(root, "install", { python3: python(`${FETCH_A_PART}; exit 1`) });
    assertEquals([failed.code, failed.entries], [1, ["cpu-2.21.0.partial"]]);
    assertStringIncludes(failed.output, "check the network");

    const whole = '/bin/mkdir -p "$5/tensorflow"; exit 0';
    const { code, output, entries } = await setUp(root, "install", { python3: python(whole) });
    assertEquals([code, entries], [0, ["cpu-2.21.0"]], output);
    const installed = await Array.fromAsync(Deno.readDir(join(root, "tensorflow", "cpu-2.21.0")));
    assertEquals(installed.map(({ name }) => name), ["tensorflow"]);
  });
});

Deno.test("installTensorFlow() asks nothing of pip when TensorFlow is there", async () => {
  await withFolder(async (root) => {
    await Deno.mkdir(join(root, "tensorflow", "cpu-2.21.0"), { recursive: true });
    const { code, output, entries } = await setUp(root, "install", {});
    assertEquals([code, entries], [0, ["cpu-2.21.0"]], output);
  });
});

Deno.test("buildAddon() says how to get g++ when there is none", async () => {
  await withFolder(async (root) => {
    const { code, output } = await setUp(root, "build", {});
    assertEquals(code, 1);
    assertStringIncludes(output, "the C++17 compiler g++ is required and was not found");
    assertStringIncludes(output, "apt-get install g++");
  });
});

Deno.test("buildAddon() tells what g++ said when it fails, and tries again the next time", async () => {
  await withFolder(async (root) => {
    const failed = await setUp(root, "build", { "g++": "echo tfjs_binding.cc: no such thing >&2; exit 1" });
    assertEquals(failed.code, 1);
    assertStringIncludes(failed.output, "g++ failed:\ntfjs_binding.cc: no such thing");

    const compiler = { "g++": 'for last; do :; done; echo addon > "$last"' }; // -o is the last argument
    assertEquals((await setUp(root, "build", compiler)).code, 0);
    const addon = join(root, "tensorflow", "addon", "tfjs_binding.node");
    assertEquals(await Deno.readTextFile(addon), "addon\n");
    // Built to its end: no compiler is needed any more.
    assertEquals((await setUp(root, "build", {})).code, 0);
  });
});

Deno.test("detectDevice() says gpu when Python finds a GPU's device, else cpu", async () => {
  await withFolder(async (root) => {
    const found = 'case "$*" in *"/dev/nvidiactl"*) exit 0;; esac; exit 1';
    assertEquals((await setUp(root, "detect", { python3: found })).output.trim(), "gpu");
    assertEquals((await setUp(root, "detect", { python3: "exit 1" })).output.trim(), "cpu");
  });
});
