import { extname, resolve, toFileUrl } from "@std/path";
import type { Pixels } from "../../shared/image/pixels.ts";
import { cropView } from "./geometry.ts";
import { changePhotometry } from "./photometric.ts";
import type { RandomStream } from "./random.ts";
import { VIEW_RECIPES, type ViewRecipe } from "./recipe.ts";
import { importDefault } from "./user_module.ts";

/**
 * Makes one view of a picture: [size, size, 3], 8-bit RGB, different each time by the numbers of `random` and nothing
 * else, so that a resumed run sees the same views. A user's own is the default export of a module; it must leave
 * `picture` as it is. `other` is another picture of the set, where a recipe asks for a collage.
 */
export type ViewPipeline = (
  picture: Pixels,
  size: number,
  random: RandomStream,
  other?: Pixels,
) => Uint8Array;

/** Names of the recipes there are, for messages. */
export const VIEW_NAMES = Object.keys(VIEW_RECIPES).join(", ");

/** A recipe, or the URL of a module whose default export is a `ViewPipeline`. */
export type Views = ViewRecipe | string;

/**
 * Reads what a user calls views: the name of a recipe, or the path of a module.
 *
 * @returns what `viewsNamed` takes: the name, or the module's URL
 * @throws {RangeError} if it is neither
 */
export function parseViews(text: string): string {
  if (text in VIEW_RECIPES || text.startsWith("file:")) return text;
  if ([".ts", ".js", ".mjs"].includes(extname(text))) return toFileUrl(resolve(text)).href;
  throw new RangeError(
    `Cannot make views: one of ${VIEW_NAMES}, or a module's path, is required: ` +
      `received ${text}`,
  );
}

/** The recipe of that name, or the URL itself. */
export function viewsNamed(name: string): Views {
  return VIEW_RECIPES[name as keyof typeof VIEW_RECIPES] ?? name;
}

/** Makes the pipeline of a recipe, or imports the user's. */
export async function viewPipeline(views: Views): Promise<ViewPipeline> {
  if (typeof views === "string") return await importDefault<ViewPipeline>(views, "a ViewPipeline");
  const { photometric, collage: _, ...geometric } = views;
  return (picture, size, random, other) => {
    const view = cropView(picture, size, geometric, random, other);
    changePhotometry(view, size, photometric, () => random.uniform());
    return view;
  };
}

/**
 * Which other picture lies beside one in a collage, drawn apart from the rest of the view so that it can be read before.
 *
 * @param count pictures in the set
 * @param random of the purpose "collage"
 * @returns undefined for a view that is no collage
 */
export function collagePartner(views: Views, count: number, random: RandomStream): number | undefined {
  if (typeof views === "string" || views.collage === undefined) return undefined;
  return random.uniform() < views.collage ? random.below(count) : undefined;
}

/**
 * How large pictures have to be for all these views of `size`: so that the smallest crop has about as many pixels as the
 * view. Undefined, which is their full size, for a user's pipeline.
 */
export function coverOf(views: Views[], size: number): number | undefined {
  const least = views.map((each) => typeof each === "string" ? undefined : each.cropScale[0]);
  return least.includes(undefined) ? undefined : Math.ceil(size / Math.sqrt(Math.min(...least as number[])));
}
