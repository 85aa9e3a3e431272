import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { answer, photo, upload, withApp } from "./test_app.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const IMAGES = ["base.png", "lossy.webp", "transparent.gif", "plain.avif"];

/** A process without workers and without any right to read or write, from the one file that is deployed. */
async function withEdge(
  before: string,
  use: (url: string) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const build = await new Deno.Command("deno", {
      args: ["task", "--quiet", "build", "fixtures/bundle", join(folder, "index.js")],
      cwd: ROOT,
    }).output();
    assert(build.success, new TextDecoder().decode(build.stderr));
    assert((await Deno.stat(join(folder, "index.js"))).size < 20e6);
    await Deno.writeTextFile(join(folder, "before.js"), `delete globalThis.Worker; ${before}`);
    await Deno.writeTextFile(join(folder, "main.js"), 'import "./before.js";\nimport "./index.js";\n');
    const server = new Deno.Command("deno", {
      args: ["run", "--no-prompt", "--allow-env", "--allow-net=127.0.0.1", join(folder, "main.js")],
      env: {
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
        ALLOW_ANONYMOUS: "true",
        LOG_LEVEL: "error",
        ...environment,
      },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let output = "";
    const reader = server.stderr.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let listening;
      while (!(listening = /Listening on (http:\S+)\//.exec(output))) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`Cannot wait for the server: it must listen: it said ${output}`);
        output += value;
      }
      await use(listening[1]!);
    } finally {
      server.kill("SIGTERM");
      while (!(await reader.read()).done);
      await server.status;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the file for edge platforms embeds every kind as the server does, without workers and without a disk", async () => {
  const pictures = await Promise.all([
    photo(0),
    ...IMAGES.map((name) => Deno.readFile(new URL(`../../fixtures/images/${name}`, import.meta.url))),
  ]);
  await withEdge("", async (url) => {
    await withApp(async ({ request }) => {
      for (const bytes of pictures) {
        const there = await answer(await fetch(`${url}/embed/v1/embeddings`, upload(bytes)));
        assertEquals(there, await answer(await request("/v1/embeddings", upload(bytes))));
        const cached = await fetch(`${url}/v1/embeddings/${there.model}/${there.data[0]!.image.sha256}.json`);
        assertEquals(await answer(cached), there);
      }
    });
    const ready = await fetch(`${url}/readyz`);
    assertEquals(ready.status, 200);
    assertStringIncludes(await ready.text(), "ready");
  }, { BASE_PATH: "/embed" });
});

Deno.test("the file for edge platforms runs on the platform's own onnxruntime where there is one", async () => {
  const own = `globalThis[Symbol.for("onnxruntime")] = {
    Tensor: class { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } },
    InferenceSession: { create: (graph) => Promise.resolve({
      inputNames: ["input"], outputNames: ["embedding"],
      run: ({ input }) => Promise.resolve({ embedding: {
        type: "float32", dims: [1, 32], data: new Float32Array(32).fill(graph.length > 1000 && input.dims[0] / 4),
      } }),
    }) },
  };`;
  await withEdge(own, async (url) => {
    const { data: [datum] } = await answer(await fetch(`${url}/v1/embeddings`, upload(await photo(0))));
    assertEquals(datum!.embedding, new Array(32).fill(0.25));
  });
});
