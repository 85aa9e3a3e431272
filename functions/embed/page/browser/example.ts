/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { byId } from "./element.ts";

/** Shows how a page of one's own asks this endpoint. */
export function showExample(): void {
  byId("example").textContent = `import { Lookalike, similarity } from "${location.origin}/client.js";

const lookalike = new Lookalike({ url: "${location.origin}" });
const [a, b] = await Promise.all([...input.files].map((file) => lookalike.embed(file)));
const { copyThreshold } = await lookalike.bundle();
console.log(similarity(a, b) > copyThreshold ? "copies" : "two pictures");`;
}
