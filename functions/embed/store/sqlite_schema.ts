import type { DatabaseSync } from "node:sqlite";

/** What leads from each version of the tables to the next; a file has its version in `user_version`. */
const MIGRATIONS = [
  `CREATE TABLE embeddings (
    bundle TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    vector BLOB NOT NULL, -- float32, little-endian
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    PRIMARY KEY (sha256, bundle)
  ) STRICT, WITHOUT ROWID;`,

  // What version 1 has cached lacks what groups need, and is computed anew when it is asked for.
  `DELETE FROM embeddings;
  ALTER TABLE embeddings ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE embeddings ADD COLUMN thumbnail BLOB NOT NULL DEFAULT x'';
  CREATE TABLE collections (
    name TEXT PRIMARY KEY,
    threshold REAL,
    canonical TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pictures (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    url TEXT,
    priority INTEGER NOT NULL,
    created INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (collection, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX pictures_by_content ON pictures (collection, sha256);
  CREATE TABLE scopes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    bundle TEXT NOT NULL,
    threshold REAL NOT NULL,
    UNIQUE (collection, bundle)
  ) STRICT;
  CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again: what is in memory goes by it
    scope INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    rank TEXT NOT NULL,
    canonical INTEGER,
    UNIQUE (scope, sha256)
  ) STRICT;
  CREATE INDEX contents_by_scope ON contents (scope, id);
  CREATE INDEX contents_by_rank ON contents (scope, rank);
  CREATE INDEX contents_by_canonical ON contents (canonical);
  CREATE TABLE copies (
    member INTEGER NOT NULL,
    canonical INTEGER NOT NULL,
    score REAL NOT NULL,
    replaceable INTEGER NOT NULL,
    PRIMARY KEY (member, canonical)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX copies_by_canonical ON copies (canonical);`,

  // Thumbnails of before are compared with none. What was only cached is computed anew; of pictures in collections nothing is
  // known to stand in for them.
  `DELETE FROM embeddings WHERE NOT EXISTS (SELECT 1 FROM pictures p WHERE p.sha256 = embeddings.sha256);
  UPDATE copies SET replaceable = 0;`,

  // When a picture was last put, and an embedding last kept or asked for: milliseconds since 1970.
  `ALTER TABLE pictures ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE embeddings ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
  UPDATE pictures SET seen = unixepoch() * 1000;
  UPDATE embeddings SET seen = unixepoch() * 1000;`,

  `ALTER TABLE collections ADD COLUMN copy_precision REAL;`,

  // Rows that long, in a tree that is ordered by the key, leave few keys on a page: finding one takes a third of the time
  // where the key has an index.
  `CREATE TABLE keyed (
    bundle TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    vector BLOB NOT NULL, -- float32, little-endian
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    thumbnail BLOB NOT NULL,
    PRIMARY KEY (sha256, bundle)
  ) STRICT;
  INSERT INTO keyed SELECT bundle, sha256, vector, width, height, format, bytes, seen, thumbnail FROM embeddings;
  DROP TABLE embeddings;
  ALTER TABLE keyed RENAME TO embeddings;`,

  // Without statistics, SQLite takes any index for about as good as another, and reads all pictures of a collection to find
  // those of some bytes. These say what holds of large collections: how many rows have the same first column, the same
  // first two, and so on.
  `ANALYZE;
  DELETE FROM sqlite_stat1;
  INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('pictures', 'sqlite_autoindex_pictures_1', '1000000 100000 1'),
    ('pictures', 'pictures_by_content', '1000000 100000 1 1'),
    ('contents', 'sqlite_autoindex_contents_1', '1000000 100000 1'),
    ('contents', 'contents_by_scope', '1000000 100000 1'),
    ('contents', 'contents_by_rank', '1000000 100000 1'),
    ('contents', 'contents_by_canonical', '1000000 4'),
    ('copies', 'sqlite_autoindex_copies_1', '1000000 1 1'),
    ('copies', 'copies_by_canonical', '1000000 4 1'),
    ('embeddings', 'sqlite_autoindex_embeddings_1', '1000000 1 1');
  ANALYZE sqlite_schema;`,
];

/**
 * Brings a file's tables to the version that this code reads.
 *
 * @throws {Error} if they are of a later version, or the file cannot be written
 */
export function migrate(database: DatabaseSync): void {
  // Takes the write lock, so that a file that cannot be written is noticed now.
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > MIGRATIONS.length) {
      throw new Error(`its tables are of version ${version}: this program knows ${MIGRATIONS.length}`);
    }
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
