/** Whoever changes the tables, or adds an index for a bundle, has this lock. */
export const SCHEMA_LOCK = "lookalike schema";

/** What leads from each version of the tables to the next; `lookalike_schema` has the version. */
export const MIGRATIONS = [
  `CREATE EXTENSION IF NOT EXISTS vector;
  CREATE TABLE embeddings (
    bundle TEXT NOT NULL COLLATE "C",
    sha256 TEXT NOT NULL COLLATE "C",
    vector BYTEA NOT NULL, -- float32, little-endian
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    thumbnail BYTEA NOT NULL,
    PRIMARY KEY (sha256, bundle)
  );
  CREATE TABLE collections (
    name TEXT COLLATE "C" PRIMARY KEY,
    threshold DOUBLE PRECISION,
    canonical TEXT NOT NULL
  );
  CREATE TABLE pictures (
    collection TEXT NOT NULL COLLATE "C",
    id TEXT NOT NULL COLLATE "C",
    sha256 TEXT NOT NULL COLLATE "C",
    url TEXT,
    priority INTEGER NOT NULL,
    created BIGINT NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (collection, id)
  );
  CREATE INDEX pictures_by_content ON pictures (collection, sha256);
  CREATE TABLE scopes (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection TEXT NOT NULL COLLATE "C",
    bundle TEXT NOT NULL COLLATE "C",
    threshold DOUBLE PRECISION NOT NULL,
    UNIQUE (collection, bundle)
  );
  CREATE TABLE contents (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope BIGINT NOT NULL,
    bundle TEXT NOT NULL COLLATE "C", -- the scope's: each bundle has an index of its own
    sha256 TEXT NOT NULL COLLATE "C",
    rank TEXT NOT NULL COLLATE "C",
    canonical BIGINT,
    vector HALFVEC NOT NULL,
    UNIQUE (scope, sha256)
  );
  CREATE INDEX contents_by_rank ON contents (scope, rank);
  CREATE INDEX contents_by_canonical ON contents (canonical);
  CREATE TABLE copies (
    member BIGINT NOT NULL,
    canonical BIGINT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    replaceable INTEGER NOT NULL,
    PRIMARY KEY (member, canonical)
  );
  CREATE INDEX copies_by_canonical ON copies (canonical);`,

  // Thumbnails of before are compared with none. What was only cached is computed anew; of pictures in collections nothing is
  // known to stand in for them.
  `DELETE FROM embeddings WHERE NOT EXISTS (SELECT 1 FROM pictures p WHERE p.sha256 = embeddings.sha256);
  UPDATE copies SET replaceable = 0;`,

  // When a picture was last put, and an embedding last kept or asked for: milliseconds since 1970. Rows that are there get
  // the time of this statement, without being written.
  `ALTER TABLE pictures ADD COLUMN seen BIGINT NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint;
  ALTER TABLE embeddings ADD COLUMN seen BIGINT NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint;`,

  `ALTER TABLE collections ADD COLUMN copy_precision DOUBLE PRECISION;`,

  // PostgreSQL writes a changed row anew, and puts it into all indexes again, which takes about a millisecond for a vector:
  // so vectors have rows of their own, which do not change when groups do. Compressing thumbnails and vectors saves little.
  `CREATE TABLE vectors (
    content BIGINT PRIMARY KEY REFERENCES contents ON DELETE CASCADE,
    scope BIGINT NOT NULL,
    bundle TEXT NOT NULL COLLATE "C", -- the scope's: each bundle has an index of its own
    sha256 TEXT NOT NULL COLLATE "C", -- the content's
    vector HALFVEC NOT NULL
  );
  INSERT INTO vectors SELECT id, scope, bundle, sha256, vector FROM contents;
  ALTER TABLE contents DROP COLUMN vector, DROP COLUMN bundle;
  DO $$
  DECLARE
    of_bundle TEXT;
    dimensions INTEGER;
  BEGIN
    FOR of_bundle IN SELECT DISTINCT bundle FROM scopes LOOP
      SELECT max(vector_dims(vector)) INTO dimensions FROM vectors WHERE bundle = of_bundle;
      CONTINUE WHEN dimensions IS NULL;
      EXECUTE format(
        'CREATE INDEX %I ON vectors USING hnsw ((vector::halfvec(%s)) halfvec_ip_ops) WHERE bundle = %L',
        'vectors_of_' || left(of_bundle, 32), dimensions, of_bundle
      );
    END LOOP;
  END $$;
  ALTER TABLE embeddings ALTER COLUMN vector SET STORAGE EXTERNAL, ALTER COLUMN thumbnail SET STORAGE EXTERNAL;`,
];
