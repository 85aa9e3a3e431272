import { extname } from "@std/path";
import { errorResponseSchema } from "../../shared/api.ts";
import { type Sample, variant } from "../bench/serve/pictures.ts";
import { residentMemory } from "../bench/serve/memory.ts";
import { startServer } from "../functions/server_process.ts";
import { mutate, seeded } from "./mutations/mutate.ts";

/*
 * `deno task soak mutations [seed] [files]`: breaks the pictures of `fixtures/images` in seeded ways and uploads them, one
 * after another, to a server as an operator starts it. Afterwards the whole pictures must be answered as before.
 */

const FIXTURES = new URL("../../fixtures/images/", import.meta.url);
const LONGEST_SECONDS = 10;

interface Tally {
  files: number;
  outcomes: Map<string, number>;
  slowest: number;
}

/** @throws if a file makes the server fail, hang or answer otherwise than with an embedding or a named refusal */
export async function run([seed = "1", files = "2000"]: string[]): Promise<void> {
  const pictures = await readPictures();
  const all = [...pictures.values()].flat();
  const kinds = [...pictures.keys()];
  const random = seeded(Number(seed));
  const pick = (from: Sample[]) => from[random(from.length)]!;
  const tallies = new Map<string, Tally>(
    kinds.map((kind) => [kind, { files: 0, outcomes: new Map(), slowest: 0 }]),
  );
  const server = startServer({
    PORT: "0",
    STORE_URL: "sqlite::memory:",
    ALLOW_ANONYMOUS: "true",
    LOG_LEVEL: "error",
  });
  const url = await server.url;
  const memory: number[] = [];
  try {
    const whole = new Map<string, string>();
    for (const { name, bytes } of all) whole.set(name, (await upload(url, bytes)).vector);
    for (let file = 0; file < Number(files); file++) {
      const kind = kinds[file % kinds.length]!;
      const original = pick(pictures.get(kind)!);
      // A part that is put in is of the same kind as often as not.
      const other = pick(random(2) === 0 ? all : pictures.get(kind)!);
      const { way, bytes } = mutate(original.bytes, other.bytes, random);
      const start = performance.now();
      const { outcome } = await upload(url, bytes).catch((cause) => {
        throw new Error(
          `Cannot pass: file ${file}, ${original.name} with ${way}, must be embedded or refused: received ${cause.message}`,
          { cause },
        );
      });
      const tally = tallies.get(kind)!;
      tally.files++;
      tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
      tally.slowest = Math.max(tally.slowest, performance.now() - start);
      if (file % 100 === 99) memory.push((await residentMemory(server.pid)).server / 1e6);
    }
    print(tallies, memory);
    for (const picture of all) {
      if ((await upload(url, variant(picture))).vector !== whole.get(picture.name)) {
        throw new Error(`Cannot pass: ${picture.name} must be answered as before`);
      }
    }
  } finally {
    server.stop("SIGTERM");
  }
  const { code, output } = await server.ended;
  if (code !== 0 || /"level":"error"/.test(output)) {
    throw new Error(
      `Cannot pass: the server must log no error and end with 0: it ended with ${code}: ${output}`,
    );
  }
}

async function readPictures(): Promise<Map<string, Sample[]>> {
  const pictures = new Map<string, Sample[]>();
  const names = (await Array.fromAsync(Deno.readDir(FIXTURES))).map(({ name }) => name).sort();
  for (const name of names) {
    const kind = extname(name).slice(1);
    if (kind === "json") continue;
    const bytes = await Deno.readFile(new URL(name, FIXTURES));
    pictures.set(kind, [...pictures.get(kind) ?? [], { name, bytes }]);
  }
  return pictures;
}

/** @throws if the answer takes too long, or is neither an embedding nor a refusal with a code */
async function upload(
  url: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<{ outcome: string; vector: string }> {
  const response = await fetch(`${url}?encoding_format=base64`, {
    method: "POST",
    body,
    signal: AbortSignal.timeout(LONGEST_SECONDS * 1000),
  });
  const answer = await response.json();
  if (response.status === 200) return { outcome: "embedded", vector: answer.data[0].embedding };
  const { error } = errorResponseSchema.parse(answer);
  if (response.status >= 500) throw new Error(`${response.status} ${error.code}: ${error.message}`);
  return { outcome: error.code, vector: "" };
}

function print(tallies: Map<string, Tally>, memory: number[]): void {
  const outcomes = [...new Set([...tallies.values()].flatMap(({ outcomes }) => [...outcomes.keys()]))].sort();
  const row = (cells: (string | number)[]) => console.log(`| ${cells.join(" | ")} |`);
  row(["kind", "files", ...outcomes, "slowest"]);
  row(["---", "---:", ...outcomes.map(() => "---:"), "---:"]);
  for (const [kind, tally] of tallies) {
    const counts = outcomes.map((outcome) => tally.outcomes.get(outcome) ?? 0);
    row([kind, tally.files, ...counts, `${Math.ceil(tally.slowest)} ms`]);
  }
  console.log(`\nResident memory every 100 files, in MB: ${memory.map(Math.round).join(" ")}`);
}
