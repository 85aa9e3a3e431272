/** A picture that cannot be decoded; each cause has its own class. */
export abstract class ImageError extends Error {}

/** The bytes are not a picture of any known kind (or there are none). */
export class NotAnImageError extends ImageError {
  override name = "NotAnImageError";
}

/** A picture of a kind or coding that is not decoded here. */
export class UnsupportedImageError extends ImageError {
  override name = "UnsupportedImageError";
}

/** The picture is cut off, or its contents contradict its header. */
export class DamagedImageError extends ImageError {
  override name = "DamagedImageError";
}

/** The header announces more pixels than the limit. */
export class ImageTooLargeError extends ImageError {
  override name = "ImageTooLargeError";
}
