/*
 * The command line, in a process that ends with the one that started it: whoever starts it holds the other end of standard
 * input, and it is closed when he is gone, however he went. Training then stops before another worker takes it up.
 */

async function endWithStarter(): Promise<never> {
  for await (const _ of Deno.stdin.readable);
  console.error("The process that started this one is gone");
  Deno.exit(1);
}

endWithStarter();
await import("../cli.ts");
Deno.exit(0); // standard input is still being read
