import type { HonoRequest } from "hono";
import { decodeBase64 } from "@std/encoding/base64";
import { embeddingRequestSchema } from "../../../shared/api.ts";
import {
  EmptyBodyError,
  InvalidDataUriError,
  InvalidFormError,
  InvalidJsonError,
  InvalidRequestError,
  UnknownEncodingFormatError,
} from "../request_errors.ts";

/** What a request asks for, however it was written. */
export interface PictureBody {
  /** The picture's bytes: at least one. */
  bytes: Uint8Array;
  /** As it was asked for, if it was. */
  encodingFormat: string | undefined;
}

/**
 * Reads a picture from a request: raw bytes, one file in multipart form data, or a data URI in JSON.
 * `encoding_format` is the field of that name, or the query parameter.
 *
 * @throws {RequestError} of the class that names what is wrong
 */
export async function readPicture(request: HonoRequest): Promise<PictureBody> {
  const contentType = request.header("Content-Type") ?? "";
  const picture = await readBody(request, contentType);
  if (picture.bytes.length === 0) {
    throw new EmptyBodyError("Cannot embed: the request must carry a picture: received no bytes");
  }
  return { ...picture, encodingFormat: picture.encodingFormat ?? request.query("encoding_format") };
}

async function readBody(request: HonoRequest, contentType: string): Promise<PictureBody> {
  const mediaType = contentType.split(";")[0]!.trim().toLowerCase();
  if (mediaType === "multipart/form-data") return await readForm(request);
  const bytes = new Uint8Array(await request.arrayBuffer());
  // A picture is told by its content: `curl --data-binary` calls whatever it sends a form. No picture begins with "{".
  const isJson = mediaType === "application/json" || bytes[0] === "{".charCodeAt(0);
  return isJson ? readJson(new TextDecoder().decode(bytes)) : { bytes, encodingFormat: undefined };
}

async function readForm(request: HonoRequest): Promise<PictureBody> {
  let form: FormData;
  try {
    form = await request.formData();
  } catch (cause) {
    throw new InvalidFormError("Cannot embed: the body must be multipart form data: it cannot be parsed", {
      cause,
    });
  }
  const files = [...form.values()].filter((value) => value instanceof File);
  if (files.length !== 1) {
    throw new InvalidFormError(
      `Cannot embed: the form must have one file, under any name: received ${files.length}`,
      { param: "file" },
    );
  }
  const encodingFormat = form.get("encoding_format");
  return {
    bytes: new Uint8Array(await files[0]!.arrayBuffer()),
    encodingFormat: typeof encodingFormat === "string" ? encodingFormat : undefined,
  };
}

function readJson(text: string): PictureBody {
  if (text === "") return { bytes: new Uint8Array(), encodingFormat: undefined };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidJsonError("Cannot embed: the body must be JSON: it cannot be parsed", { cause });
  }
  const result = embeddingRequestSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const param = issue.path.join(".") || null;
    const errorClass = param === "encoding_format" ? UnknownEncodingFormatError : InvalidRequestError;
    throw new errorClass(
      `Cannot embed: the body must be {"input": "data:image/...;base64,...", "encoding_format"?, "model"?}: ${
        param ? `${param}: ` : ""
      }${issue.message}`,
      { param },
    );
  }
  return { bytes: decodeDataUri(result.data.input), encodingFormat: result.data.encoding_format };
}

function decodeDataUri(uri: string): Uint8Array {
  const comma = uri.indexOf(",");
  if (!/^data:[^,]*;base64$/i.test(uri.slice(0, comma))) {
    throw invalidDataUri(`received ${JSON.stringify(uri.slice(0, 40))}`);
  }
  try {
    return decodeBase64(uri.slice(comma + 1));
  } catch (cause) {
    throw invalidDataUri("its base64 cannot be decoded", cause);
  }
}

function invalidDataUri(problem: string, cause?: unknown): InvalidDataUriError {
  return new InvalidDataUriError(
    `Cannot embed: input must be a data URI such as data:image/jpeg;base64,...: ${problem}`,
    { param: "input", cause },
  );
}
