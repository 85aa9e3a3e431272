import { encodeBase64 } from "@std/encoding/base64";
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { WASM_NAMES, wasmUrl } from "../../../shared/wasm_file.ts";
import { type BundleAddress, bundleAddressSchema } from "../bundle/bundle_address.ts";
import { SETTINGS } from "../settings_table.ts";

/*
 * `deno task build [BUNDLE] [FILE]`: makes one file of JavaScript that serves a bundle's encoder on platforms without
 * workers and without a disk. WebAssembly is in it, compressed, and so is the bundle, if BUNDLE is a folder; one at a URL
 * is fetched when the file starts.
 */

const EDGE = fromFileUrl(new URL("./edge.ts", import.meta.url));
const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

const [bundle = "functions/embed/model", output = "dist/edge/index.js"] = Deno.args;
const file = resolve(ROOT, output);
await Deno.mkdir(dirname(file), { recursive: true });
const entry = `${file.replace(/\.js$/, "")}.entry.ts`;
await Deno.writeTextFile(entry, await entryModule(parseAddress(bundle)));
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

function parseAddress(text: string): BundleAddress {
  const { success, data } = bundleAddressSchema.safeParse(text);
  if (success) return data;
  console.error(`Cannot build: BUNDLE must be ${SETTINGS.BUNDLE.required}: received ${JSON.stringify(text)}`);
  Deno.exit(1);
}

async function entryModule(bundle: BundleAddress): Promise<string> {
  const files: [name: string, path: string | URL][] = WASM_NAMES.map((name) => [name, wasmUrl(name)]);
  if (bundle.kind === "folder") {
    for (const name of ["manifest.json", "encoder.onnx"]) files.push([name, join(bundle.path, name)]);
  }
  const url = bundle.kind === "folder" ? undefined : `${bundle.url}${bundle.id ? `#${bundle.id}` : ""}`;
  const assets: Record<string, string> = {};
  for (const [name, path] of files) assets[name] = encodeBase64(await compress(await Deno.readFile(path)));
  return `import { createEdgeFetch } from ${JSON.stringify(EDGE)};
import { decodeBase64 } from "@std/encoding/base64";
const assets: Record<string, string> = ${JSON.stringify(assets)};
async function read(name: string): Promise<Uint8Array> {
  const stream = new Blob([decodeBase64(assets[name]!)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
const defaults: Record<string, string | undefined> = ${JSON.stringify({ BUNDLE: url })};
Deno.serve(await createEdgeFetch(read, (name) => Deno.env.get(name) || defaults[name]));
`;
}

async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
