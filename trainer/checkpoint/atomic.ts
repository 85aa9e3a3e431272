/** Writes a file so that a reader, or a crash, sees the old contents or the new, never a part. */
export async function writeAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  const partial = `${path}.partial`;
  using file = await Deno.open(partial, { write: true, create: true, truncate: true });
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  await file.sync();
  await Deno.rename(partial, path);
}
