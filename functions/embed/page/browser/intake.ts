/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { byId } from "./element.ts";

/** Hands over the files that are dropped anywhere on the page, pasted, or chosen in one of these fields. */
export function takeFiles(choosers: string[], take: (files: File[]) => void): void {
  const takeAll = (files: FileList | null | undefined) => files && files.length > 0 && take([...files]);

  for (const chooser of choosers.map((id) => byId<HTMLInputElement>(id))) {
    chooser.addEventListener("change", () => {
      takeAll(chooser.files);
      // Else the same file, chosen again, would be no change.
      chooser.value = "";
    });
  }
  document.addEventListener("paste", (event) => takeAll(event.clipboardData?.files));
  // Without this, the browser would show the dropped file instead of the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.toggle("dragging", event.dataTransfer?.types.includes("Files"));
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    takeAll(event.dataTransfer?.files);
  });
}
