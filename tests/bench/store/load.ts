import type { Database } from "../../../functions/embed/store/database.ts";
import { requireScope, requireSettings } from "../../../functions/embed/store/scopes.ts";
import type { BundleTraits, Embedded, PictureRecord } from "../../../functions/embed/store/store.ts";
import { vectorToBytes } from "../../../shared/vector.ts";

/**
 * Writes pictures into the tables without looking for their copies: each is canonical. Where there is an index of the
 * vectors, `prepare` makes it afterwards, which takes a fraction of the time.
 */
export async function loadWithoutGroups(
  database: Database,
  bundle: BundleTraits,
  collection: string,
  pictures: { record: PictureRecord; embedded: Embedded }[],
): Promise<void> {
  await database.transaction(async (transaction) => {
    const settings = await requireSettings(transaction, collection);
    const scope = await requireScope(transaction, bundle, collection, settings);
    await transaction.insert(
      "embeddings",
      pictures.map(({ embedded: { embedding: { vector, ...image }, traces } }) => ({
        ...{ bundle: bundle.id, ...image, ...traces },
        ...{ vector: vectorToBytes(vector), seen: Date.now() },
      })),
    );
    await transaction.insert(
      "pictures",
      pictures.map(({ record }) => ({
        ...{ collection, ...record },
        ...{ created: record.created, seen: Date.now() },
        metadata: JSON.stringify(record.metadata),
      })),
    );
    await transaction.addContents(
      scope,
      pictures.map(({ record: { sha256 }, embedded }) => ({
        ...{ sha256, rank: sha256 },
        vector: embedded.embedding.vector,
      })),
    );
  });
}
