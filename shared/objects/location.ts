import { createFolderStore, type FileSystem } from "./folder_store.ts";
import { type ObjectStore, ObjectStoreError } from "./object_store.ts";
import { createS3Store, type S3Location } from "./s3_store.ts";

/** Where objects are kept. */
export type ObjectLocation = { kind: "folder"; path: string } | ({ kind: "s3" } & S3Location);

/** Variables of the environment that say how buckets are reached: those of AWS's own tools. */
export const S3_ENVIRONMENT = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_REGION",
  "AWS_ENDPOINT_URL_S3",
] as const;

/**
 * Reads where objects are kept: `s3://bucket/prefix`, at the server of AWS_ENDPOINT_URL_S3 or else at Amazon's;
 * `https://server/bucket/prefix`, which names the server; anything else is a folder.
 *
 * @param get a variable of the environment
 * @throws {ObjectStoreError} if it names no bucket, or a key without its secret
 */
export function parseLocation(text: string, get: (name: string) => string | undefined): ObjectLocation {
  if (!/^(s3|https?):/.test(text)) return { kind: "folder", path: text.replace(/(?<=.)\/+$/, "") };
  const url = URL.parse(text);
  const region = get("AWS_REGION") || "us-east-1";
  const [name = "", ...prefix] =
    (url?.protocol === "s3:" ? `${url.host}${url.pathname}` : url?.pathname.slice(1) ?? "")
      .split("/").filter((part) => part !== "");
  if (!url || name === "" || url.search || url.hash || url.username) {
    throw new ObjectStoreError(
      `Cannot use a bucket: s3://bucket/prefix or https://server/bucket/prefix is required: received ${text}`,
    );
  }
  const server = url.protocol === "s3:"
    ? get("AWS_ENDPOINT_URL_S3")?.replace(/\/+$/, "") || `https://s3.${region}.amazonaws.com`
    : url.origin;
  return {
    kind: "s3",
    bucket: `${server}/${name}`,
    prefix: prefix.map((part) => `${decodeURIComponent(part)}/`).join(""),
    region,
    ...readCredentials(get),
  };
}

function readCredentials(get: (name: string) => string | undefined): Pick<S3Location, "credentials"> {
  const [accessKeyId, secretAccessKey] = [get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")];
  if (!accessKeyId && !secretAccessKey) return {};
  if (!accessKeyId || !secretAccessKey) {
    throw new ObjectStoreError(
      `Cannot use a bucket: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are required together: received ${
        accessKeyId ? "the first" : "the second"
      } alone`,
    );
  }
  const sessionToken = get("AWS_SESSION_TOKEN");
  return { credentials: { accessKeyId, secretAccessKey, ...sessionToken ? { sessionToken } : {} } };
}

/**
 * Opens the folder or bucket; nothing is read before it is asked for.
 *
 * @param handles the file system (`Deno`) and `fetch`
 */
export function openObjects(
  location: ObjectLocation,
  { files, fetch }: { files: FileSystem; fetch: (request: Request) => Promise<Response> },
): ObjectStore {
  return location.kind === "folder"
    ? createFolderStore(location.path, files)
    : createS3Store(location, fetch);
}
