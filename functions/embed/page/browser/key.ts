/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError } from "/client.js";
import { byId } from "./element.ts";

/** Kept until the tab is closed, and never longer. */
const KEPT = "lookalike-key";

export function keptKey(): string | undefined {
  return sessionStorage.getItem(KEPT) ?? undefined;
}

/** Whether the endpoint refused for want of a key, or of a better one. */
export function wantsKey(error: Error | undefined): error is EndpointError {
  return error instanceof EndpointError && (error.status === 401 || error.status === 403);
}

/** Shows the form that asks for a key, and why. */
export function askForKey(refusal: EndpointError): void {
  const form = byId("key-form");
  byId("key-problem").textContent = keptKey() === undefined ? "" : refusal.message;
  if (!form.hidden) return;
  form.hidden = false;
  byId("key").focus();
}

/** Calls `use` when a key was given. */
export function onKey(use: () => void): void {
  const form = byId("key-form");
  const field = byId<HTMLInputElement>("key");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEPT, field.value.trim());
    field.value = "";
    form.hidden = true;
    use();
  });
}
