/** A folder of pictures that cannot be listed. */
export class ListingError extends Error {
  override name = "ListingError";
}

const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;
const SYSTEM = new Set(["Thumbs.db", "desktop.ini"]);

/** Whether a path is a picture's, by its extension: nothing hidden, and no system file. */
export function isPicture(path: string): boolean {
  const names = path.split("/");
  return PICTURE.test(path) && !names.some(isPassedOver);
}

function isPassedOver(name: string): boolean {
  return name.startsWith(".") || SYSTEM.has(name);
}

/**
 * Lists the JPEG, PNG, WebP, GIF and AVIF files, by extension, of a folder at any depth, as paths relative to it with `/`, in the order of
 * their code units. Hidden and system files are passed over. Links are followed, each folder at most once; a link
 * to nothing is listed, so that reading it says so by name.
 *
 * @throws {ListingError} if the folder is missing, holds no picture, or one below it cannot be read
 */
export async function listPictures(dir: string): Promise<string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  // Linked folders wait until all others are listed, so that a picture below both is known by its own place.
  const links: string[] = [];
  const visit = async (relative: string) => {
    const folder = relative === "" ? dir : `${dir}/${relative}`;
    let entries: Deno.DirEntry[];
    try {
      const real = await Deno.realPath(folder);
      if (seen.has(real)) return;
      seen.add(real);
      entries = await Array.fromAsync(Deno.readDir(folder));
    } catch (cause) {
      throw new ListingError(
        `Cannot list the pictures: a folder that can be read is required: received ${folder} (${
          describe(cause)
        })`,
        { cause },
      );
    }
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    for (const { name, isDirectory, isSymlink } of entries) {
      if (isPassedOver(name)) continue;
      const path = relative === "" ? name : `${relative}/${name}`;
      if (isDirectory) await visit(path);
      else if (isSymlink && await leadsToFolder(`${dir}/${path}`)) links.push(path);
      else if (PICTURE.test(name)) found.push(path);
    }
  };
  await visit("");
  for (let link = links.shift(); link !== undefined; link = links.shift()) await visit(link);
  if (found.length === 0) {
    throw new ListingError(
      `Cannot list the pictures: a folder with JPEG, PNG, WebP, GIF or AVIF files is required: received ${dir}, which has none`,
    );
  }
  return found.sort((a, b) => a < b ? -1 : 1);
}

async function leadsToFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

function describe(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is none";
  if (cause instanceof Deno.errors.NotADirectory) return "it is a file";
  return cause instanceof Error ? cause.message : String(cause);
}
