import { createRequire } from "node:module";
import { dirname, fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** Bytes of what a deployment needs besides Deno. */
export interface DeploymentSize {
  /** The function, shared code and libraries, as one minified file of JavaScript. */
  code: number;
  /** onnxruntime-web's WebAssembly. */
  runtime: number;
  /** The picture codecs' WebAssembly. */
  codecs: number;
  /** The bundle: manifest and encoder. */
  bundle: number;
}

/** Measures what is deployed: code as `deno bundle` makes it, and the files that it reads. */
export async function deploymentSize(bundleFolder: string): Promise<DeploymentSize> {
  const require = createRequire(import.meta.url);
  const imagescript = dirname(require.resolve("imagescript/wasm/node/jpeg.js"));
  const codecs = [
    ...["jpeg", "png", "gif"].map((name) => join(imagescript, "../any", `${name}.wasm`)),
    ...["webp", "avif"].map((name) => require.resolve(`@jsquash/${name}/codec/dec/${name}_dec.wasm`)),
  ];
  return {
    code: await bundledCode(),
    runtime: size(require.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm")),
    codecs: codecs.reduce((sum, path) => sum + size(path), 0),
    bundle: size(join(bundleFolder, "manifest.json")) + size(join(bundleFolder, "encoder.onnx")),
  };
}

async function bundledCode(): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: ["bundle", "--minify", "--quiet", "functions/embed/index.ts"],
    cwd: ROOT,
  }).output();
  if (!success) {
    throw new Error(`Cannot measure the code: deno bundle must succeed: ${new TextDecoder().decode(stderr)}`);
  }
  return stdout.length;
}

function size(path: string): number {
  return Deno.statSync(path).size;
}
