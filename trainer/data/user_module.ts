/** A user's module that cannot be taken. */
export class UserModuleError extends Error {
  override name = "UserModuleError";
}

/**
 * Imports the default export of a user's module.
 *
 * @param what what the export has to be, for the message
 * @throws {UserModuleError} if the module cannot be imported or has no default export
 */
export async function importDefault<Export extends object>(url: string, what: string): Promise<Export> {
  let module: { default?: Export };
  try {
    module = await import(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserModuleError(`Cannot use ${url}: a module that can be imported is required: ${reason}`, {
      cause,
    });
  }
  if (module.default === undefined) {
    throw new UserModuleError(`Cannot use ${url}: a default export, ${what}, is required: received none`);
  }
  return module.default;
}
