import { Buffer } from "node:buffer";

/** Whether multipart form data seem to have more parts than that, without parsing them (RFC 2046, 5.1.1). */
export function hasMoreParts(body: Uint8Array<ArrayBuffer>, contentType: string, most: number): boolean {
  const [, quoted, plain] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return false;
  const delimiter = `--${boundary}`;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  let parts = -1; // the last delimiter ends the last part
  for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, at + delimiter.length)) {
    if (++parts > most) return true;
  }
  return false;
}
