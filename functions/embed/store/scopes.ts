import { copyThreshold } from "./copy_threshold.ts";
import type { Database, Row, Scope } from "./database.ts";
import { eachSlice, parameters } from "./slices.ts";
import type { BundleTraits, CanonicalRule, CollectionSettings } from "./store.ts";

/** Settings of collections that nobody has said anything of. */
const DEFAULT_SETTINGS: CollectionSettings = { threshold: null, precision: null, canonical: "largest" };

export async function readSettings(
  database: Database,
  collection: string,
): Promise<CollectionSettings | undefined> {
  const [row] = await database.query(
    "SELECT threshold, copy_precision, canonical FROM collections WHERE name = $1",
    collection,
  );
  if (!row) return undefined;
  return {
    threshold: row["threshold"] === null ? null : Number(row["threshold"]),
    precision: row["copy_precision"] === null ? null : Number(row["copy_precision"]),
    canonical: row["canonical"] as CanonicalRule,
  };
}

/** The collection's settings; made with the default ones if there is no such collection. */
export async function requireSettings(database: Database, collection: string): Promise<CollectionSettings> {
  const settings = await readSettings(database, collection);
  if (settings) return settings;
  await writeSettings(database, collection, DEFAULT_SETTINGS);
  return DEFAULT_SETTINGS;
}

export async function writeSettings(
  database: Database,
  collection: string,
  { threshold, precision, canonical }: CollectionSettings,
): Promise<void> {
  await database.query(
    `INSERT INTO collections (name, threshold, copy_precision, canonical) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET threshold = excluded.threshold,
       copy_precision = excluded.copy_precision, canonical = excluded.canonical`,
    collection,
    threshold,
    precision,
    canonical,
  );
}

/** The collection under the bundle, or undefined where no picture was put yet. */
export async function readScope(
  database: Database,
  bundle: string,
  collection: string,
): Promise<Scope | undefined> {
  const [row] = await database.query(
    "SELECT * FROM scopes WHERE collection = $1 AND bundle = $2",
    collection,
    bundle,
  );
  return row && scopeOf(row);
}

/** The collection under the bundle; the threshold is settled when the first picture comes. */
export async function requireScope(
  database: Database,
  bundle: BundleTraits,
  collection: string,
  settings: CollectionSettings,
): Promise<Scope> {
  const scope = await readScope(database, bundle.id, collection);
  if (scope) return scope;
  const [row] = await database.query(
    "INSERT INTO scopes (collection, bundle, threshold) VALUES ($1, $2, $3) RETURNING *",
    collection,
    bundle.id,
    copyThreshold(settings, bundle),
  );
  return scopeOf(row!);
}

/** The scopes of a collection, of any bundle, that have some of these bytes, and which. */
export async function scopesWith(
  database: Database,
  collection: string,
  sha256s: string[],
): Promise<Map<number, { scope: Scope; sha256s: Set<string> }>> {
  const rows = await eachSlice(sha256s, (slice) =>
    database.query(
      `SELECT s.*, c.sha256 FROM scopes s JOIN contents c ON c.scope = s.id
       WHERE s.collection = $1 AND c.sha256 IN (${parameters(slice, 2)})`,
      collection,
      ...slice,
    ));
  const found = new Map<number, { scope: Scope; sha256s: Set<string> }>();
  for (const row of rows) {
    const scope = scopeOf(row);
    if (!found.has(scope.id)) found.set(scope.id, { scope, sha256s: new Set() });
    found.get(scope.id)!.sha256s.add(String(row["sha256"]));
  }
  return found;
}

function scopeOf(row: Row): Scope {
  return {
    id: Number(row["id"]),
    collection: String(row["collection"]),
    bundle: String(row["bundle"]),
    threshold: Number(row["threshold"]),
  };
}

/** Whether two collections are made by the same settings. */
export function areSameSettings(a: CollectionSettings, b: CollectionSettings): boolean {
  return a.threshold === b.threshold && a.precision === b.precision && a.canonical === b.canonical;
}
