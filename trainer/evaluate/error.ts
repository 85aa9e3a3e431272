/** An encoder cannot be evaluated on the pictures that were given. */
export class EvaluationError extends Error {
  override name = "EvaluationError";
}
