import { encodeBase64 } from "@std/encoding/base64";
import { dirname, fromFileUrl, join, resolve } from "@std/path";
import { Command, InvalidArgumentError } from "commander";
import { WASM_NAMES, wasmUrl } from "../../../shared/wasm_file.ts";
import { type BundleAddress, bundleAddressSchema } from "../bundle/bundle_address.ts";
import { readBundleFolder } from "../bundle/read_bundle.ts";
import { runCommand } from "../folder/run_command.ts";
import { SETTINGS } from "../settings_table.ts";

/* `deno task build`: makes one file that serves an encoder. WebAssembly is in it, compressed. */

const EDGE = fromFileUrl(new URL("./edge.ts", import.meta.url));
const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** `deno bundle` has failed. */
class BuildError extends Error {
  override name = "BuildError";
}

await runCommand(
  new Command("build")
    .description(
      "Make one file of JavaScript that serves an encoder on platforms without workers and without a disk.",
    )
    .argument(
      "[bundle]",
      "a bundle's folder, which becomes part of the file, or a URL, from which it is fetched when the file starts",
      parseAddress,
      parseAddress("functions/embed/model"),
    )
    .argument("[file]", "where it goes", "dist/edge/index.js")
    .action(async (bundle: BundleAddress, output: string) => {
      if (bundle.kind === "folder") await readBundleFolder(bundle.path);
      const file = resolve(ROOT, output);
      await Deno.mkdir(dirname(file), { recursive: true });
      const entry = `${file.replace(/\.js$/, "")}.entry.ts`;
      await Deno.writeTextFile(entry, await entryModule(bundle));
      const { success, stderr } = await new Deno.Command("deno", {
        args: ["bundle", "--quiet", "--minify", "--output", file, entry],
        cwd: ROOT,
      }).output();
      await Deno.remove(entry);
      if (!success) {
        throw new BuildError(`Cannot build: deno bundle must succeed: ${new TextDecoder().decode(stderr)}`);
      }
      const { size } = await Deno.stat(file);
      console.log(`${file}: ${(size / 1e6).toFixed(2)} MB`);
    }),
);

function parseAddress(text: string): BundleAddress {
  const { success, data } = bundleAddressSchema.safeParse(text);
  if (success) return data;
  throw new InvalidArgumentError(`It must be ${SETTINGS.BUNDLE.required}.`);
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
