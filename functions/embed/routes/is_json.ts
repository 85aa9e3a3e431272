/** The media type of a body, in lower case and without parameters; "" if the request names none. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? "").split(";")[0]!.trim().toLowerCase();
}

/**
 * Whether a body is JSON and not a picture. A picture is told by its content: `curl --data-binary` calls whatever it sends
 * a form. No picture begins with "{".
 */
export function isJson(contentType: string | undefined, bytes: Uint8Array): boolean {
  return mediaTypeOf(contentType) === "application/json" || bytes[0] === "{".charCodeAt(0);
}
