/*
 * `deno task soak <name> [arguments]`: runs the soak of that name, which is a file in this folder. What takes minutes, and
 * is therefore no test.
 */

const FOLDER = new URL("./", import.meta.url);

/** Prints what it found as Markdown; throws where the product failed. */
export interface Soak {
  run(args: string[]): Promise<void>;
}

if (import.meta.main) {
  const names = [...Deno.readDirSync(FOLDER)]
    .filter(({ isFile, name }) => isFile && name.endsWith(".ts") && name !== "soak.ts")
    .map(({ name }) => name.slice(0, -".ts".length))
    .sort();
  const [name, ...args] = Deno.args;
  if (name === undefined || !names.includes(name)) {
    console.error(`Cannot soak: a name is required, one of ${names.join(", ")}: received ${name ?? "none"}`);
    Deno.exit(2);
  }
  const soak: Soak = await import(new URL(`${name}.ts`, FOLDER).href);
  await soak.run(args);
}
