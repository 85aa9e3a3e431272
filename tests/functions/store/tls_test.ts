import { assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openPostgresStore } from "../../../functions/embed/store/postgres.ts";
import { StoreError } from "../../../functions/embed/store/store.ts";
import { newDatabase } from "./test_stores.ts";

const path = (name: string) => fromFileUrl(new URL(name, import.meta.url));
const CERTIFICATE = path("../../../fixtures/tls/localhost.pem");

Deno.test("openPostgresStore() speaks TLS, and looks at the certificate where it must be valid", async () => {
  const { port, ...address } = await newDatabase();
  const proxy = new Deno.Command("python3", {
    args: [path("tls_proxy.py"), String(port), CERTIFICATE, path("../../../fixtures/tls/localhost.key")],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = proxy.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const behind = { ...address, host: "127.0.0.1", port: Number((await output.read()).value) };
  const open = async (tls: "disable" | "require" | "verify-full", rootCertificates?: string) => {
    const store = await openPostgresStore({ ...behind, tls, rootCertificates }, console.error);
    await store.close();
  };
  await open("require");
  await open("verify-full", CERTIFICATE);
  await assertRejects(() => open("verify-full"), StoreError, "self-signed certificate");
  await assertRejects(() => open("disable"), StoreError, "Cannot open the store");
  await proxy.stdin.close();
  await proxy.status;
  await output.cancel();
});
