import { pooledMap } from "@std/async/pool";
import { sha256Hex } from "../../../shared/digest.ts";
import { listPictures } from "../folder/list_pictures.ts";

/** The files of pictures, by the SHA-256 of their bytes. */
export type PictureFiles = ReadonlyMap<string, string>;

/** Files that are read at once. */
const AT_ONCE = 4;

/**
 * Reads the pictures of folders, at any depth, and says where those are that are wanted. What cannot be read is passed over.
 *
 * @param isWanted by the SHA-256 of a picture's bytes
 * @param onFile is called after each file, with how many there are
 * @throws {FolderError} if one of the folders cannot be read
 */
export async function findPictureFiles(
  folders: string[],
  { isWanted, maxBytes, onFile }: {
    isWanted: (sha256: string) => boolean;
    maxBytes: number;
    onFile: (total: number) => void;
  },
): Promise<PictureFiles> {
  const found = new Map<string, string>();
  if (folders.length === 0) return found;
  const { files } = await listPictures(folders);
  const look = async ({ path, bytes }: { path: string; bytes: number }) => {
    const content = bytes > maxBytes ? undefined : await Deno.readFile(path).catch(() => undefined);
    const sha256 = content && await sha256Hex(content);
    if (sha256 !== undefined && isWanted(sha256)) found.set(sha256, path);
    onFile(files.length);
  };
  for await (const _ of pooledMap(AT_ONCE, files, look));
  return found;
}
