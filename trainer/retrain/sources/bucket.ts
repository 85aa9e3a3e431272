import { openObjects, parseLocation } from "../../../shared/objects/location.ts";
import { isPicture } from "../../data/listing.ts";
import type { RemoteFile } from "./file_cache.ts";

/**
 * The pictures of a bucket, as `deno task train` would list them in a folder; nothing but their list is fetched.
 *
 * @param get a variable of the environment
 */
export async function listBucket(
  location: string,
  get: (name: string) => string | undefined,
): Promise<RemoteFile[]> {
  const objects = openObjects(parseLocation(location, get), { files: Deno, fetch });
  const files: RemoteFile[] = [];
  for await (const { name, bytes, modified } of objects.list("")) {
    const isPath = name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
    if (!isPath || !isPicture(name)) continue;
    const read = async () => {
      const found = await objects.get(name);
      if (!found) throw new Error(`there is no ${name} any more`);
      return found.bytes;
    };
    files.push({ path: name, version: `${bytes} ${modified}`, read });
  }
  return files;
}
