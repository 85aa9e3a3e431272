import { assertRejects } from "@std/assert";
import { openPostgresStore } from "../../../functions/embed/store/postgres.ts";
import { StoreError } from "../../../functions/embed/store/store.ts";
import { type PostgresAddress, storeAddressSchema } from "../../../shared/store_address.ts";

/** AuthenticationOk and ReadyForQuery, of PostgreSQL's protocol. */
const WELCOME = Uint8Array.of(...[0x52, 0, 0, 0, 8, 0, 0, 0, 0], ...[0x5a, 0, 0, 0, 5, 0x49]);

// A rejection that nobody handles would end the process, and fails the test.
Deno.test("openPostgresStore() rejects when a new connection is lost at its first query", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    const connection = await listener.accept();
    const buffer = new Uint8Array(1024);
    await connection.read(buffer);
    await connection.write(WELCOME);
    await connection.read(buffer);
    connection.close();
  })();
  const url = `postgres://user:password@127.0.0.1:${listener.addr.port}/database?sslmode=disable`;
  await assertRejects(
    () => openPostgresStore(storeAddressSchema.parse(url) as PostgresAddress, () => {}),
    StoreError,
  );
  await served;
});
