/** Bytes under names with slashes between, such as `bundles/{id}/encoder.onnx`: a folder's files, or a bucket's objects. */
export interface ObjectStore {
  /** The folder or URL, for messages. */
  readonly location: string;
  /** The object, or undefined if there is none of that name. */
  get(name: string): Promise<StoredObject | undefined>;
  /**
   * Writes an object: readers see the old bytes or the new, never a part.
   *
   * @param after writes only if the object still has this version; `null`: only if there is none. Left out: in any case.
   * @throws {ObjectChangedError} if it has another
   */
  put(name: string, bytes: Uint8Array<ArrayBuffer>, after?: string | null): Promise<void>;
  /** The objects whose names start with `prefix`, in no order that means anything. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Deletes an object; one that is not there is no error. */
  delete(name: string): Promise<void>;
}

export interface StoredObject {
  bytes: Uint8Array<ArrayBuffer>;
  /** Differs if the bytes do. */
  version: string;
}

export interface ObjectInfo {
  name: string;
  bytes: number;
  /** When it was written, in milliseconds since 1970. */
  modified: number;
}

/** Somebody else has written the object since it was read. */
export class ObjectChangedError extends Error {
  override name = "ObjectChangedError";
}

/** The folder or bucket cannot be used as it should; the message says how. */
export class ObjectStoreError extends Error {
  override name = "ObjectStoreError";
}
