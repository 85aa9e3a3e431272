/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

type Draw = (context: CanvasRenderingContext2D, bitmap: ImageBitmap) => void;

const whole: Draw = (context, bitmap) =>
  context.drawImage(bitmap, 0, 0, context.canvas.width, context.canvas.height);

function tint(operation: GlobalCompositeOperation, colour: string): Draw {
  return (context, bitmap) => {
    whole(context, bitmap);
    context.globalCompositeOperation = operation;
    context.fillStyle = colour;
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  };
}

/** Lays shifted pictures over each other, since not every browser has the filter: each weighs as much as the others. */
const blur: Draw = (context, bitmap) => {
  const { width, height } = context.canvas;
  const step = width / 250;
  let count = 0;
  for (let y = -3; y <= 3; y++) {
    for (let x = -3; x <= 3; x++) {
      context.globalAlpha = 1 / ++count;
      context.drawImage(bitmap, x * step, y * step, width, height);
    }
  }
};

const caption: Draw = (context, bitmap) => {
  whole(context, bitmap);
  const { width, height } = context.canvas;
  const size = Math.round(height / 9);
  context.font = `bold ${size}px sans-serif`;
  context.textAlign = "center";
  context.lineWidth = size / 6;
  context.strokeStyle = "black";
  context.fillStyle = "white";
  for (const write of ["strokeText", "fillText"] as const) {
    context[write]("LOOK AT THIS", width / 2, height - size / 2);
  }
};

export type Edit =
  | "cropped"
  | "in grey"
  | "compressed"
  | "brighter"
  | "blurred"
  | "half the size"
  | "captioned"
  | "saved again";

/** What people do to pictures before they upload them again. */
const EDITS: Record<Edit, { draw: Draw; scale?: number; crop?: number; quality?: number }> = {
  "cropped": { draw: whole, crop: 0.9 },
  "in grey": { draw: tint("saturation", "black") },
  "compressed": { draw: whole, quality: 0.1 },
  "brighter": { draw: tint("soft-light", "rgb(255 255 255 / 0.7)") },
  "blurred": { draw: blur },
  "half the size": { draw: whole, scale: 0.5 },
  "captioned": { draw: caption },
  "saved again": { draw: whole, quality: 0.6 },
};

/** Longest side of a copy, in pixels. */
const LONGEST = 1024;

/** Edited copies of a picture, as JPEG files. */
export async function makeCopies(
  name: string,
  blob: Blob,
  edits = Object.keys(EDITS) as Edit[],
): Promise<File[]> {
  const original = await createImageBitmap(blob);
  const fitting = Math.min(1, LONGEST / Math.max(original.width, original.height));
  return await Promise.all(edits.map(async (edit) => {
    const { draw, scale = 1, crop = 1, quality = 0.9 } = EDITS[edit];
    const [width, height] = [original.width * crop, original.height * crop];
    const [left, top] = [(original.width - width) / 2, (original.height - height) / 2];
    const bitmap = await createImageBitmap(original, left, top, width, height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * fitting * scale));
    canvas.height = Math.max(1, Math.round(height * fitting * scale));
    draw(canvas.getContext("2d")!, bitmap);
    const jpeg = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    return new File([jpeg!], `${name}, ${edit}`, { type: "image/jpeg" });
  }));
}
