/** A file that is no checkpoint of PyTorch's, or asks for what a checkpoint does not need. */
export class PyTorchFileError extends Error {
  override name = "PyTorchFileError";
}

/** @throws {PyTorchFileError} that says what a pickle should have, and what it has */
export function failPickle(required: string, received: string): never {
  throw new PyTorchFileError(`Cannot read the pickle: ${required} is required: received ${received}`);
}
