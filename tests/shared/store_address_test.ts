import { assertEquals, assertStringIncludes } from "@std/assert";
import { storeAddressSchema } from "../../shared/store_address.ts";

const near = { kind: "postgres", port: 5432, password: "", rootCertificates: undefined, tls: "disable" };

Deno.test("storeAddressSchema reads addresses of hosts and of sockets, and wants TLS of hosts elsewhere", () => {
  for (
    const [text, address] of [
      ["sqlite::memory:", { kind: "sqlite", path: undefined }],
      ["sqlite:///var/a%20b.db", { kind: "sqlite", path: "/var/a b.db" }],
      [
        "postgres://me:p%40:s@db.example:6000/pictures",
        {
          ...near,
          host: "db.example",
          port: 6000,
          database: "pictures",
          user: "me",
          password: "p@:s",
          tls: "verify-full",
        },
      ],
      ["postgresql://me@[::1]/a", { ...near, host: "::1", database: "a", user: "me" }],
      ["postgresql://postgres:@/postgres?host=/run/pg", {
        ...near,
        host: "/run/pg",
        database: "postgres",
        user: "postgres",
      }],
      [
        "postgresql://me@:6000/a?host=/run/pg&sslmode=require&sslrootcert=/etc/ca.pem",
        {
          ...near,
          host: "/run/pg",
          port: 6000,
          database: "a",
          user: "me",
          tls: "require",
          rootCertificates: "/etc/ca.pem",
        },
      ],
    ] as const
  ) {
    assertEquals(
      storeAddressSchema.parse(text),
      address as unknown as ReturnType<typeof storeAddressSchema.parse>,
    );
  }
});

Deno.test("storeAddressSchema says what is wrong with an address, and shows no password", () => {
  for (
    const [text, reason] of [
      ["mysql://a:secret@b/c", 'a URL that begins with "mysql:"'],
      ["sqlite://relative.db", 'a URL that begins with "sqlite:"'],
      ["postgres://a:secret@/c", "without a host"],
      ["postgres://b/c", "without a user"],
      ["postgres://a:secret@b", "without a database"],
      ["postgres://a:secret@b:port/c", "cannot be parsed"],
      [
        "postgres://a:secret@b/c?sslmode=prefer",
        "sslmode=prefer, which is none of disable, require, verify-full",
      ],
      ["postgres://a:secret@b/c?pool=3", "the parameter pool"],
    ] as const
  ) {
    const { error } = storeAddressSchema.safeParse(text);
    assertStringIncludes(error!.issues[0]!.message, reason);
    assertEquals(error!.issues[0]!.message.includes("secret"), false);
  }
});
