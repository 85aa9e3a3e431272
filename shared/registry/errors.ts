/** The registry is not as it must be for what was asked. */
export class RegistryError extends Error {
  override name = "RegistryError";
}

/** The registry does not have the bundle. */
export class UnknownBundleError extends RegistryError {
  override name = "UnknownBundleError";
}

/** The gate has not passed the bundle; the message says which figures it was refused for. */
export class RefusedCandidateError extends RegistryError {
  override name = "RefusedCandidateError";
}
