import { extname, resolve, toFileUrl } from "@std/path";
import { type Collected, CollectedSet, collectPictures } from "./collected.ts";
import { ListingError, listPictures } from "./listing.ts";
import { ListedSet, type PictureList, readPictureList } from "./picture_list.ts";
import type { PictureSet, PictureStream } from "./picture_set.ts";
import { importDefault } from "./user_module.ts";
import { indexTar, type TarIndex, TarSet } from "./tar.ts";

/** Where pictures are: a folder's path or one of these; plain data, which goes to workers. */
export type PictureSource = string | TarIndex | Collected | UserSet | Edited | PictureList;

/** A module whose default export is a `PictureSet`. */
interface UserSet {
  kind: "module";
  url: string;
}

/** The files that editing the pictures of a source gives (trainer/evaluate/copy/edits.ts). */
interface Edited {
  kind: "edits";
  pictures: PictureSource;
  paths: string[];
  /** What collages take their other picture from. */
  others: { pictures: PictureSource; paths: string[] };
  seed: number;
}

/** Pictures that were found: where they are, and the name of each. */
export interface FoundPictures {
  pictures: PictureSource;
  /** In the order of their code units. */
  paths: string[];
}

/**
 * Finds the pictures of a folder, of a `.tar`, of a list (`.json`) of such, or of a module (`.ts`, `.js`, `.mjs`) whose
 * default export is a `PictureSet` or a `PictureStream`.
 *
 * @throws {ListingError} if there is no such thing, it cannot be read, or it holds no picture
 */
export async function findPictures(data: string): Promise<FoundPictures> {
  if (/\.(tar\.\w+|tgz|tbz2?|txz)$/i.test(data)) {
    throw new ListingError(
      `Cannot list the pictures: a .tar that is not compressed is required, so that each can be read by itself: ` +
        `received ${data} (gzip -dk or the like unpacks it)`,
    );
  }
  const extension = extname(data).toLowerCase();
  if (extension === ".tar") {
    const pictures = await indexTar(data);
    return { pictures, paths: [...pictures.extents.keys()].sort(byCodeUnits) };
  }
  if (extension === ".json") {
    const { pictures, paths } = await readPictureList(data, findPictures);
    return { pictures, paths: paths.sort(byCodeUnits) };
  }
  if (![".ts", ".js", ".mjs"].includes(extension)) {
    return { pictures: data, paths: await listPictures(data) };
  }
  const url = toFileUrl(resolve(data)).href;
  const set = await importDefault<PictureSet | PictureStream>(url, "a PictureSet or a PictureStream");
  const found: FoundPictures = Symbol.asyncIterator in set
    ? await collectPictures(set).then((pictures) => ({ pictures, paths: [...pictures.extents.keys()] }))
    : { pictures: { kind: "module", url }, paths: [...await set.names()] };
  if (found.paths.length === 0) {
    throw new ListingError(`Cannot list the pictures: at least one is required: ${data} gives none`);
  }
  found.paths.sort(byCodeUnits);
  return found;
}

/** Opens pictures that were found, once in every worker. */
export async function openPictures(source: PictureSource): Promise<PictureSet> {
  if (typeof source === "string") {
    return { names: () => listPictures(source), read: (path) => Deno.readFileSync(`${source}/${path}`) };
  }
  switch (source.kind) {
    case "tar":
      return new TarSet(source);
    case "memory":
      return new CollectedSet(source);
    case "module":
      return await importDefault<PictureSet>(source.url, "a PictureSet");
    case "list": {
      const parts = source.parts.map(async ({ name, pictures }) =>
        [name, await openPictures(pictures)] as const
      );
      return new ListedSet(new Map(await Promise.all(parts)));
    }
    case "edits": {
      const { EditedSet } = await import("../evaluate/copy/edited_set.ts");
      const { pictures, paths, others, seed } = source;
      const beside = { pictures: await openPictures(others.pictures), paths: others.paths };
      return new EditedSet(await openPictures(pictures), paths, beside, seed);
    }
  }
}

/** What a message calls the source. */
export function describeSource(source: PictureSource): string {
  if (typeof source === "string") return source;
  switch (source.kind) {
    case "tar":
      return source.file;
    case "memory":
      return "the stream";
    case "module":
      return source.url;
    case "list":
      return source.file;
    case "edits":
      return `edits of ${describeSource(source.pictures)}`;
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}
