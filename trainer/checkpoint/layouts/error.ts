/** Tensors that are not those of an encoder that a run can have. */
export class LayoutError extends Error {
  override name = "LayoutError";
}
