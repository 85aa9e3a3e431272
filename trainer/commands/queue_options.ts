import { fromFileUrl } from "@std/path";
import { Option } from "commander";

/** The database that has the queue: the endpoint's own, by the same variable and the same default. */
export function storeOption(): Option {
  return new Option("--store <url>", "the endpoint's store, whose database has the queue")
    .env("STORE_URL")
    .default(`sqlite://${fromFileUrl(new URL("../../.store/embeddings.db", import.meta.url))}`);
}
