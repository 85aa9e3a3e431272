/**
 * What the person at a terminal is told of an error: its message, if it says what to do about it. A defect has none, and keeps its
 * stack.
 *
 * @returns undefined for a defect: an error without a name of its own, which no code has thought of
 */
export function explainError(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.constructor === Error || error instanceof TypeError) {
    return undefined;
  }
  // Of the operating system: it names the file.
  if ("code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code)) {
    return `Cannot use a file or folder: it must be there, and allow it: received ${error.message}`;
  }
  return error.message;
}
