/*
 * `deno task bench <name> [arguments]`: runs the measurement of that name, which is a file in this folder.
 */

const FOLDER = new URL("./", import.meta.url);

/** A measurement: prints its figures as a table, or as JSON with `--json`. */
export interface Benchmark {
  run(args: string[]): Promise<void>;
}

if (import.meta.main) {
  const names = [...Deno.readDirSync(FOLDER)]
    .filter(({ isFile, name }) => isFile && name.endsWith(".ts") && name !== "bench.ts")
    .map(({ name }) => name.slice(0, -".ts".length))
    .sort();
  const [name, ...args] = Deno.args;
  if (name === undefined || !names.includes(name)) {
    console.error(
      `Cannot measure: a name is required, one of ${names.join(", ")}: received ${name ?? "none"}`,
    );
    Deno.exit(2);
  }
  const benchmark: Benchmark = await import(new URL(`${name}.ts`, FOLDER).href);
  await benchmark.run(args);
}
