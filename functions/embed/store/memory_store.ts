import QuickLRU from "quick-lru";
import { type Embedded, NoCollectionsError, type Store } from "./store.ts";

/**
 * A cache in memory of the embeddings that were used last, for platforms without a disk and without workers. It has no
 * collections.
 */
export function createMemoryStore(maxEmbeddings: number): Store {
  const embeddings = new QuickLRU<string, Embedded>({
    maxSize: maxEmbeddings,
  });
  const key = (bundle: string, sha256: string) => `${bundle} ${sha256}`;
  const refuse = () =>
    Promise.reject(
      new NoCollectionsError(
        "Cannot use collections: STORE_URL must name a database: this is a cache in memory",
      ),
    );
  const put = (bundle: string, { embedding, traces }: Embedded) => {
    const at = key(bundle, embedding.sha256);
    if (!embeddings.has(at)) embeddings.set(at, { embedding, traces });
    return Promise.resolve();
  };
  return {
    get: (bundle, sha256) => Promise.resolve(embeddings.get(key(bundle, sha256))?.embedding),
    traces: (bundle, sha256) => Promise.resolve(embeddings.get(key(bundle, sha256))?.traces),
    put: (bundle, embedding, traces) => put(bundle, { embedding, traces }),
    async putMany(bundle, embedded) {
      for (const each of embedded) await put(bundle, each);
    },
    collection: refuse,
    makeCollection: refuse,
    putPicture: refuse,
    putPictures: refuse,
    deletePicture: refuse,
    picture: refuse,
    pictures: refuse,
    search: refuse,
    placement: refuse,
    groups: refuse,
    redirects: refuse,
    collectionNames: () => Promise.resolve([]),
    collectionSettings: refuse,
    missing: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}
