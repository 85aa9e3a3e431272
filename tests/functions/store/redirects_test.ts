import { assertEquals } from "@std/assert";
import { BUNDLE, put, sha256Of, testStores } from "./test_stores.ts";

testStores(
  "redirects() come in pages: from what the canonical picture can stand in for, to its URL",
  async (store) => {
    const url = (id: string) => `https://cdn.example/${id}`;
    await put(store, { id: "large", degrees: 0, width: 40 }, { url: url("large") });
    for (const id of ["a", "b", "c", "d"]) {
      await put(store, { id, degrees: 1, width: 20 }, { url: url(id) });
    }
    // A copy that is darker, which nothing can stand in for; none; one without a URL; and other bytes of one URL.
    await put(store, { id: "dark", degrees: 1, width: 20, grey: 40 }, { url: url("dark") });
    await put(store, { id: "other", degrees: 90, width: 20 }, { url: url("other") });
    await put(store, { id: "nowhere", degrees: 1, width: 20 });
    await put(store, { id: "same", degrees: 0, sha256: sha256Of("large") }, { url: url("same") });
    await put(store, { id: "there", degrees: 1, width: 20 }, { url: url("large") });
    const found: string[] = [];
    let pages = 0;
    for (let after: string | null = ""; after !== null; pages++) {
      const page: Awaited<ReturnType<typeof store.redirects>> = await store.redirects(BUNDLE.id, "c", {
        after,
        limit: 2,
      });
      assertEquals(page.redirects.every(({ canonicalUrl }) => canonicalUrl === url("large")), true);
      assertEquals(page.redirects.every((redirect) => redirect.url === url(redirect.id)), true);
      found.push(...page.redirects.map(({ id }) => id));
      after = page.next;
    }
    assertEquals([found.toSorted(), pages > 2], [["a", "b", "c", "d", "same"], true]);
    assertEquals(await store.redirects("x".repeat(64), "c", { after: "", limit: 2 }), {
      redirects: [],
      next: null,
    });
    await store.makeCollection("d", { threshold: 0.5, precision: null, canonical: "oldest" });
    assertEquals(await store.collectionNames(), ["c", "d"]);
    assertEquals(await store.collectionSettings("d"), {
      threshold: 0.5,
      precision: null,
      canonical: "oldest",
    });
    assertEquals(await store.collectionSettings("e"), undefined);
  },
);
