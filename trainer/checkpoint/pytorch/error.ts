/** A file that is no checkpoint of PyTorch's, or asks for what a checkpoint does not need. */
export class PyTorchFileError extends Error {
  override name = "PyTorchFileError";
}
