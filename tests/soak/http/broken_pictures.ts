import type { Sample } from "../../bench/serve/pictures.ts";
import { mutate, seeded } from "../mutations/mutate.ts";

/** Pictures broken in seeded ways. */
export function brokenPictures(pictures: Sample[], seed: number): Sample[] {
  const random = seeded(seed);
  return pictures.map(({ name, bytes }, index) => {
    const other = pictures[(index + 1) % pictures.length]!;
    const broken = mutate(bytes, other.bytes, random);
    return { name: `${name} with ${broken.way}`, bytes: broken.bytes };
  });
}
