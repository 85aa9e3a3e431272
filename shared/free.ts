/**
 * Gives the memory of bytes back at once, all of their buffer. It lies outside the heap that the collector looks after: in each
 * thread, many pictures' worth of it would come together before it is missed.
 *
 * @throws {TypeError} if it was given back, or away, before
 */
export function free({ buffer }: Uint8Array | Uint8ClampedArray): void {
  (buffer as ArrayBuffer).transfer(0);
}
