import { dirname, resolve } from "@std/path";

/** The name of something that is in a folder; undefined if it is empty or not there. */
export async function anyEntry(folder: string): Promise<string | undefined> {
  try {
    for await (const { name } of Deno.readDir(folder)) return name;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

/**
 * Makes a folder under a temporary name that is then renamed: readers see all of it or nothing, and what fails leaves
 * nothing.
 *
 * @param folder new or empty
 * @param fill writes the files into the folder that it is given
 */
export async function writeNewFolder(
  folder: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const target = resolve(folder);
  await Deno.mkdir(dirname(target), { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: dirname(target), suffix: ".partial" });
  try {
    await fill(temporary);
    await Deno.chmod(temporary, 0o755); // temporary folders are private
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary, { recursive: true });
    throw error;
  }
}
