/**
 * Modules as one that imports nothing, and exports what their entry does. No two of them may have the same
 * name at their top level.
 *
 * @param entry a module that only exports names of the others
 * @param modules each after those whose values it needs while it is loaded, such as a class that it extends
 */
export function joinModules(entry: string, modules: string[]): string {
  const exports = /^export (?:type )?\{([^}]*)\} from "[^"]+";\n?/gm;
  const names = [...entry.matchAll(exports)].flatMap(([, names]) => names!.match(/\w+/g) ?? []);
  const hidden = new RegExp(
    `^export (?=(?:async )?(?:function|class|const|interface|type) (?!(?:${names.join("|")})\\b))`,
    "gm",
  );
  const imports = /^import [^;]* from "\.\/[^"]+";\n/gm;
  const bodies = modules.map((text) => text.replace(imports, "").replace(hidden, "").trim());
  return [entry.replace(exports, "").trim(), ...bodies].join("\n\n") + "\n";
}
