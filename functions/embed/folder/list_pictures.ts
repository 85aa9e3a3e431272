import { join, resolve } from "@std/path";
import { sniff } from "../../../shared/image/sniff.ts";

/** A folder that was asked for cannot be listed. */
export class FolderError extends Error {
  override name = "FolderError";
}

/** A file that is a picture, or says so. */
export interface PictureFile {
  /** As the folder was given, and the way from there. */
  path: string;
  bytes: number;
  /** When it was last written to, in milliseconds since 1970. */
  modified: number;
}

/** What is left out, and why. */
export interface Skipped {
  path: string;
  reason: string;
}

/** By name, also kinds that are not decoded, which are then skipped with that reason. */
const PICTURE = /\.(jpe?g|jpe|jfif|png|webp|gif|avif|heic|heif|tiff?|bmp|jxl)$/i;
const SYSTEM = new Set(["Thumbs.db", "desktop.ini"]);

/** What `sniff` looks at. */
const SNIFFED_BYTES = 256;

/**
 * Lists the pictures of folders at any depth, in the order of their paths' code units: by extension, and files of other names by their
 * first bytes. Hidden and system files are passed over. Links are followed. A file, or folder, that is met again, by a
 * link, a hard link or because one folder lies in another, counts once. What cannot be read below the folders is
 * skipped.
 *
 * @throws {FolderError} if one of the folders cannot be read
 */
export async function listPictures(folders: string[]): Promise<{ files: PictureFile[]; skipped: Skipped[] }> {
  const files: PictureFile[] = [];
  const skipped: Skipped[] = [];
  const seen = new Set<string>();
  // Links wait until everything else is listed, so that a picture that is also linked to is known by its own place.
  const links: string[] = [];

  const isNew = (path: string, { dev, ino }: Deno.FileInfo): boolean => {
    const identity = ino === null ? Deno.realPathSync(path) : `${dev} ${ino}`;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  };
  const visitFolder = async (path: string) => {
    const entries = await Array.fromAsync(Deno.readDir(path));
    for (const { name, isSymlink } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
      if (name.startsWith(".") || SYSTEM.has(name)) continue;
      if (isSymlink) links.push(join(path, name));
      else await visit(join(path, name));
    }
  };
  const visit = async (path: string) => {
    try {
      const info = await Deno.stat(path);
      if (info.isDirectory && isNew(path, info)) await visitFolder(path);
      if (!info.isFile || !await isPicture(path) || !isNew(path, info)) return;
      files.push({ path, bytes: info.size, modified: info.mtime?.getTime() ?? 0 });
    } catch (error) {
      skipped.push({ path, reason: describe(error) });
    }
  };

  for (const folder of folders) {
    const info = await requireFolder(folder);
    try {
      if (isNew(resolve(folder), info)) await visitFolder(folder);
    } catch (cause) {
      throw unreadable(folder, cause);
    }
  }
  for (let link = links.shift(); link !== undefined; link = links.shift()) await visit(link);
  const byPath = (a: { path: string }, b: { path: string }) => a.path < b.path ? -1 : 1;
  return { files: files.sort(byPath), skipped: skipped.sort(byPath) };
}

/** @throws {FolderError} if there is none */
export async function requireFolder(folder: string): Promise<Deno.FileInfo> {
  try {
    const info = await Deno.stat(folder);
    if (!info.isDirectory) throw new Deno.errors.NotADirectory();
    return info;
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function unreadable(folder: string, cause: unknown): FolderError {
  return new FolderError(
    `Cannot list the pictures: a folder that can be read is required: received ${folder}: ${describe(cause)}`,
    { cause },
  );
}

async function isPicture(path: string): Promise<boolean> {
  if (PICTURE.test(path)) return true;
  using file = await Deno.open(path);
  const start = new Uint8Array(SNIFFED_BYTES);
  const length = await file.read(start);
  const kind = sniff(start.subarray(0, length ?? 0));
  return kind !== undefined && kind.format !== "other";
}

/** What a file or folder that cannot be read suffers from, in words. */
export function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is none";
  if (error instanceof Deno.errors.NotADirectory) return "it is no folder";
  if (error instanceof Deno.errors.PermissionDenied) return "it may not be read";
  return error instanceof Error ? error.message : String(error);
}
