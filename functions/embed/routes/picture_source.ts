import { decodeBase64 } from "@std/encoding/base64";
import type { PictureInput } from "../../../shared/api.ts";
import type { FetchPicture } from "../fetch/fetch_picture.ts";
import { sniff } from "../../../shared/image/sniff.ts";
import {
  EmptyBodyError,
  InvalidDataUriError,
  InvalidInputError,
  UrlsDisabledError,
} from "../request_errors.ts";

/**
 * A picture that is yet to be had: decoded from text, or fetched. So one that cannot be had fails alone, and no more of
 * them are in memory than are being worked on.
 */
export interface PictureSource {
  /** Whether its bytes are somewhere else, and not among those of the request. */
  isRemote: boolean;
  /** @throws {RequestError} of the class that says why the picture cannot be had */
  read(signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * A source of bytes that are there already.
 *
 * @param param where they stood in the request, for the error that says that there are none
 */
export function fromBlob(blob: Blob, param: string): PictureSource {
  return {
    isRemote: false,
    read: async () => requireBytes(new Uint8Array(await blob.arrayBuffer()), param),
  };
}

/**
 * A source of the picture that a text of the JSON means: a data URI, an https URL, or base64. The three cannot be
 * confused, since base64 has no colon.
 *
 * @param param where it stood in the request
 * @param fetchPicture undefined where URLs are not enabled
 */
export function fromInput(
  input: PictureInput,
  param: string,
  fetchPicture: FetchPicture | undefined,
): PictureSource {
  const text = textOf(input);
  if (/^data:/i.test(text)) {
    return fromText(() => requireBytes(decodeDataUri(text, param), param));
  }
  if (!/^[a-z][a-z\d+.-]*:/i.test(text)) return fromText(() => decodePicture(text, param));
  if (fetchPicture) {
    return {
      isRemote: true,
      read: async (signal) => requireBytes(await fetchPicture(text, param, signal), param),
    };
  }
  return fromText(() => {
    throw new UrlsDisabledError(
      "Cannot embed: pictures must be sent with the request, since URLs are not enabled here: received a URL",
      { param },
    );
  });
}

function fromText(decode: () => Uint8Array): PictureSource {
  return { isRemote: false, read: () => Promise.try(decode) };
}

function textOf(input: PictureInput): string {
  if (typeof input === "string") return input;
  if ("image" in input) return input.image;
  if ("url" in input) return input.url;
  if ("bytes" in input) return input.bytes;
  return typeof input.image_url === "string" ? input.image_url : input.image_url.url;
}

function requireBytes(bytes: Uint8Array, param: string): Uint8Array {
  if (bytes.length > 0) return bytes;
  throw new EmptyBodyError("Cannot embed: there must be a picture: received no bytes", { param });
}

function decodeDataUri(uri: string, param: string): Uint8Array {
  const comma = uri.indexOf(",");
  const bytes = /^data:[^,]*;base64$/i.test(uri.slice(0, comma)) ? decode(uri.slice(comma + 1)) : undefined;
  if (bytes) return bytes;
  throw new InvalidDataUriError(
    `Cannot embed: ${param} must be a data URI such as data:image/jpeg;base64,...: received ${excerpt(uri)}`,
    { param },
  );
}

/** Many a text happens to be base64: it counts as a picture only if what it decodes to begins like one. */
function decodePicture(text: string, param: string): Uint8Array {
  const bytes = decode(text);
  if (bytes && (bytes.length === 0 || sniff(bytes))) return requireBytes(bytes, param);
  throw new InvalidInputError(
    `Cannot embed: ${param} must be a picture, as a data URI, base64 or an https URL: received ${
      excerpt(text)
    }`,
    { param },
  );
}

/** Bytes of a base64 text, which may be in lines; undefined if it is not base64. */
function decode(base64: string): Uint8Array | undefined {
  try {
    return decodeBase64(base64.replace(/\s+/g, ""));
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
