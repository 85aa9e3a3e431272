/** Writes a file under a temporary name, flushes and renames it, so that there is a whole one or none. */
export async function writeFile(path: string, parts: Iterable<Uint8Array | string>): Promise<void> {
  const partial = `${path}.partial`;
  using file = await Deno.open(partial, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  for (const part of parts) {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  }
  await file.sync();
  await Deno.rename(partial, path);
}
