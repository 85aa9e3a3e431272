/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { byId } from "./element.ts";

/** Asks whether a picture is to be taken out of a collection. */
export function confirmDeletion(id: string, collection: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>("confirm");
  byId("confirm-question").textContent = `Delete ${id} from ${collection}?`;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  byId("confirm-yes").onclick = () => dialog.close("yes");
  byId("confirm-no").onclick = () => dialog.close();
  dialog.onclose = () => resolve(dialog.returnValue === "yes");
  dialog.returnValue = "";
  dialog.showModal();
  byId("confirm-no").focus();
  return promise;
}
