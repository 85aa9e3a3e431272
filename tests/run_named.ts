/** Runs `run` of the file in `folder` that the first argument names, with the other arguments. */
export async function runNamed(folder: URL, [name, ...args]: string[], purpose: string): Promise<void> {
  const dispatcher = folder.pathname.split("/").at(-2);
  const names = [...Deno.readDirSync(folder)]
    .filter(({ isFile, name }) => isFile && name.endsWith(".ts") && name !== `${dispatcher}.ts`)
    .map(({ name }) => name.slice(0, -".ts".length))
    .sort();
  if (name === undefined || !names.includes(name)) {
    console.error(
      `Cannot ${purpose}: a name is required, one of ${names.join(", ")}: received ${name ?? "none"}`,
    );
    Deno.exit(2);
  }
  const named: { run(args: string[]): Promise<void> } = await import(new URL(`${name}.ts`, folder).href);
  await named.run(args);
}
