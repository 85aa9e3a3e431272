import { z } from "zod";
import { ListingError } from "./listing.ts";
import type { PictureSource } from "./picture_source.ts";
import type { PictureSet } from "./picture_set.ts";

/** Pictures of several sources, of each those that are listed: plain data, as all sources are. */
export interface PictureList {
  kind: "list";
  file: string;
  parts: { name: string; pictures: PictureSource }[];
}

const listSchema = z.strictObject({
  parts: z.array(z.strictObject({
    /** What comes before the names of its pictures. */
    name: z.string().regex(/^[\w.-]+$/),
    /** A folder, a `.tar` or a module. */
    data: z.string(),
    /** Those that are meant; all of them unless given. */
    pictures: z.array(z.string()).optional(),
  })).min(1),
});
export type ListFile = z.infer<typeof listSchema>;

/**
 * Reads a list of pictures: a `.json` of `{ parts: [{ name, data, pictures? }] }`. What it lists stays the same while more
 * pictures come into a folder, as a run that is resumed requires; one that is gone is skipped like any that cannot be read.
 *
 * @param find finds the pictures of a part
 * @throws {ListingError} if it is none, lists nothing, or a part has no pictures
 */
export async function readPictureList(
  file: string,
  find: (data: string) => Promise<{ pictures: PictureSource; paths: string[] }>,
): Promise<{ pictures: PictureList; paths: string[] }> {
  let list: ListFile;
  try {
    list = listSchema.parse(JSON.parse(await Deno.readTextFile(file)));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ListingError(
      `Cannot list the pictures: a .json with { "parts": [{ "name", "data", "pictures" }] } is required: received ${file}: ${reason}`,
      { cause },
    );
  }
  const parts: PictureList["parts"] = [];
  const paths: string[] = [];
  for (const { name, data, pictures: listed } of list.parts) {
    if (parts.some((part) => part.name === name)) {
      throw new ListingError(
        `Cannot list the pictures: a name for each part is required: ${file} has ${name} twice`,
      );
    }
    const { pictures, paths: all } = await find(data);
    parts.push({ name, pictures });
    for (const path of listed ?? all) paths.push(`${name}/${path}`);
  }
  if (paths.length === 0) {
    throw new ListingError(`Cannot list the pictures: at least one is required: ${file} lists none`);
  }
  return { pictures: { kind: "list", file, parts }, paths };
}

/** The pictures of a list. */
export class ListedSet implements PictureSet {
  readonly #parts: ReadonlyMap<string, PictureSet>;

  constructor(parts: ReadonlyMap<string, PictureSet>) {
    this.#parts = parts;
  }

  async names(): Promise<string[]> {
    const names = await Promise.all(
      [...this.#parts].map(async ([part, set]) => (await set.names()).map((name) => `${part}/${name}`)),
    );
    return names.flat();
  }

  read(name: string) {
    const slash = name.indexOf("/");
    const part = this.#parts.get(name.slice(0, slash));
    if (!part) throw new ListingError("the list has no such part");
    return part.read(name.slice(slash + 1));
  }
}
