import { encodeBase64 } from "@std/encoding/base64";
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { WASM_NAMES, wasmUrl } from "../../../shared/wasm_file.ts";

/*
 * `deno task build [BUNDLE] [FILE]`: makes one file of JavaScript that serves a bundle's encoder on platforms without
 * workers and without a disk. WebAssembly and bundle are in it, compressed.
 */

const EDGE = fromFileUrl(new URL("./edge.ts", import.meta.url));
const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

const [bundle = "functions/embed/model", output = "dist/edge/index.js"] = Deno.args;
const file = resolve(ROOT, output);
await Deno.mkdir(dirname(file), { recursive: true });
const entry = `${file.replace(/\.js$/, "")}.entry.ts`;
await Deno.writeTextFile(entry, await entryModule(resolve(ROOT, bundle)));
const { success, stderr } = await new Deno.Command("deno", {
  args: ["bundle", "--quiet", "--minify", "--output", file, entry],
  cwd: ROOT,
}).output();
await Deno.remove(entry);
if (!success) {
  console.error(`Cannot build: deno bundle must succeed: ${new TextDecoder().decode(stderr)}`);
  Deno.exit(1);
}
const { size } = await Deno.stat(file);
console.log(`${file}: ${(size / 1e6).toFixed(2)} MB`);

async function entryModule(bundleFolder: string): Promise<string> {
  const files: [name: string, path: string | URL][] = [
    ...WASM_NAMES.map((name): [string, URL] => [name, wasmUrl(name)]),
    ...["manifest.json", "encoder.onnx"].map((name): [string, string] => [name, join(bundleFolder, name)]),
  ];
  const assets: Record<string, string> = {};
  for (const [name, path] of files) assets[name] = encodeBase64(await compress(await Deno.readFile(path)));
  return `import { createEdgeFetch } from ${JSON.stringify(EDGE)};
import { decodeBase64 } from "@std/encoding/base64";
const assets: Record<string, string> = ${JSON.stringify(assets)};
async function read(name: string): Promise<Uint8Array> {
  const stream = new Blob([decodeBase64(assets[name]!)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
Deno.serve(await createEdgeFetch(read, (name) => Deno.env.get(name)));
`;
}

async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
