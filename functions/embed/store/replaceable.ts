import { sameContent } from "./same_content.ts";

/** What is compared of two pictures. */
export interface Comparable {
  width: number;
  height: number;
  thumbnail: Uint8Array;
}

/** Whether one picture can be served in place of another, and nobody who looks at the page sees a difference. */
export function isReplaceable(picture: Comparable, other: Comparable): boolean {
  return other.width >= picture.width && other.height >= picture.height && sameAspect(picture, other) &&
    sameContent(picture.thumbnail, other.thumbnail, Math.min(picture.width, picture.height));
}

/** Whether both are one picture scaled: each side of the smaller one may have been rounded. */
function sameAspect(smaller: Comparable, larger: Comparable): boolean {
  const scale = larger.width / smaller.width;
  return Math.abs(larger.height / scale - smaller.height) <= 1 ||
    Math.abs(larger.width * smaller.height / larger.height - smaller.width) <= 1;
}
