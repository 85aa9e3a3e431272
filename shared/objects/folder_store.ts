import { sha256Hex } from "../digest.ts";
import { ObjectChangedError, type ObjectInfo, type ObjectStore, ObjectStoreError } from "./object_store.ts";

/** What is used of a file system, which is handed in: `Deno` itself is one. */
export interface FileSystem {
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  readDir(path: string): AsyncIterable<{ name: string; isFile: boolean; isDirectory: boolean }>;
  stat(path: string): Promise<{ size: number; mtime: Date | null }>;
  mkdir(path: string, options: { recursive: true }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  open(path: string, options: { write: true; create: true; truncate?: true }): Promise<OpenFile>;
}

interface OpenFile {
  write(bytes: Uint8Array): Promise<number>;
  sync(): Promise<void>;
  /** Waits for a lock that ends with the process at the latest. */
  lock(exclusive: true): Promise<void>;
  close(): void;
}

/** Where writers that depend on a version take turns. */
const LOCK = ".lock";
/** End of the names that files have until they are whole. */
const PARTIAL = ".partial";

/**
 * A folder as an object store, on this machine or on a disk that several share.
 *
 * @param folder its path; made when something is put
 */
export function createFolderStore(folder: string, files: FileSystem): ObjectStore {
  const pathOf = (name: string) => `${folder}/${requireName(name)}`;

  const read = async (name: string) => {
    const bytes = await orUndefined(files.readFile(pathOf(name)));
    return bytes && { bytes, version: await sha256Hex(bytes) };
  };

  /** Under a temporary name first, flushed, and then renamed. */
  const write = async (name: string, bytes: Uint8Array) => {
    const path = pathOf(name);
    await files.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    const partial = `${path}.${crypto.randomUUID()}${PARTIAL}`;
    const file = await files.open(partial, { write: true, create: true });
    try {
      for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
      await file.sync();
    } finally {
      file.close();
    }
    await files.rename(partial, path);
  };

  const walk = async function* (path: string): AsyncGenerator<ObjectInfo> {
    const entries = await orUndefined(Array.fromAsync(files.readDir(`${folder}/${path}`)));
    for (const { name, isFile, isDirectory } of entries ?? []) {
      if (isDirectory) yield* walk(`${path}${name}/`);
      if (!isFile || name === LOCK || name.endsWith(PARTIAL)) continue;
      const found = await orUndefined(files.stat(`${folder}/${path}${name}`));
      if (found) yield { name: path + name, bytes: found.size, modified: found.mtime?.getTime() ?? 0 };
    }
  };

  return {
    location: folder,
    get: read,
    async put(name, bytes, after) {
      if (after === undefined) return await write(name, bytes);
      await files.mkdir(folder, { recursive: true });
      const lock = await files.open(`${folder}/${LOCK}`, { write: true, create: true });
      try {
        await lock.lock(true);
        if ((await read(name))?.version !== (after ?? undefined)) throw changed(folder, name);
        await write(name, bytes);
      } finally {
        lock.close();
      }
    },
    async *list(prefix) {
      const start = prefix.slice(0, prefix.lastIndexOf("/") + 1);
      for await (const info of walk(start)) if (info.name.startsWith(prefix)) yield info;
    },
    async delete(name) {
      await orUndefined(files.remove(pathOf(name)));
    },
  };
}

export function changed(location: string, name: string): ObjectChangedError {
  return new ObjectChangedError(
    `Cannot write ${name} in ${location}: it must be as it was read: somebody else has written it since`,
  );
}

function requireName(name: string): string {
  if (name.split("/").every((part) => part !== "" && part !== "." && part !== "..")) return name;
  throw new ObjectStoreError(
    `Cannot use an object: its name must have no empty parts and no dots alone: received ${name}`,
  );
}

/** The value, or undefined where there is nothing of that name. */
async function orUndefined<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof Error && (error.name === "NotFound" || error.name === "NotADirectory")) {
      return undefined;
    }
    throw error;
  }
}
