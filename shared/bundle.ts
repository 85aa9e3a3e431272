import { z } from "zod";
import { sha256Hex } from "./digest.ts";

const fitted = {
  size: z.int().min(8).max(1024),
  /** Per channel (RGB), on the scale 0..1: x = (pixel / 255 - mean) / std. */
  mean: z.tuple([z.number(), z.number(), z.number()]),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
};
/**
 * How pixels become the input tensor. One implementation (`shared/image/preprocess.ts`) serves training,
 * evaluation and the edge function.
 */
export const preprocessingSchema = z.discriminatedUnion("fit", [
  /** The picture is squeezed, whatever its aspect, to `size` x `size` pixels: nothing is cropped away. */
  z.strictObject({ fit: z.literal("squeeze"), ...fitted }),
  /** It is shrunk to a shorter side of `shorterSide` pixels, of which the middle `size` x `size` are kept. */
  z.strictObject({ fit: z.literal("crop"), shorterSide: z.int().min(8).max(2048), ...fitted })
    .refine(({ shorterSide, size }) => shorterSide >= size, "shorterSide must be at least size"),
]);
export type Preprocessing = z.infer<typeof preprocessingSchema>;

const share = z.number().min(-1).max(1);
const floatAndInt8 = z.strictObject({ float: z.number().positive(), int8: z.number().positive() });
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** `manifest.json` of a bundle: the only contract between the training worker and the edge function. */
export const manifestSchema = z.strictObject({
  format: z.literal("lookalike-bundle/1"),
  /** SHA-256 of the encoder's digest and the preprocessing (see `bundleId`): every cached vector is keyed by it. */
  id: hex64,
  created: z.iso.datetime(),
  encoder: z.strictObject({
    file: z.literal("encoder.onnx"),
    sha256: hex64,
    bytes: z.int().positive(),
    precision: z.enum(["float32", "int8"]),
    /** Name of the graph's input, float32 [N, 3, size, size]. */
    input: z.string(),
    /** Name of the graph's output, float32 [N, dimensions], of unit L2 norm. */
    output: z.string(),
  }),
  embedding: z.strictObject({
    dimensions: z.int().positive(),
    /** Which vector comes out: the projection head's output, or the pooled features below it. */
    layer: z.enum(["projection", "backbone"]),
    /** How features are pooled over places: their mean, or the generalized mean of p = 3 (GeM). */
    pooling: z.enum(["average", "gem"]).optional(),
    /**
     * PCA whitening is the graph's last layer: dimensions come in the order of the variance that they had before, so that
     * a vector cut to its first dimensions keeps those that tell most pictures apart.
     */
    whitening: z.strictObject({
      /** Training pictures that it was fitted on. */
      pictures: z.int().positive(),
    }).optional(),
  }),
  preprocessing: preprocessingSchema,
  /** Which similarity means "copy". */
  similarity: z.strictObject({
    /** Cosine similarity that the given share of pairs of different pictures exceeds. */
    copyThreshold: share,
    differentPairsAbove: z.number().min(0).max(1),
    pairs: z.int().nonnegative(),
    /** What edited copies say of that: `copyThreshold` is the first of these then. */
    copies: z.strictObject({
      /** Pictures among which edited ones were looked up, and how many of those. */
      originals: z.int().positive(),
      queries: z.int().positive(),
      /** The lowest thresholds that reach 0.99 and 0.999, where one does, and the share of copies that they find. */
      thresholds: z.array(z.strictObject({
        precision: z.number().min(0).max(1),
        threshold: share,
        recall: z.number().min(0).max(1),
      })).min(1),
    }).optional(),
  }),
  training: z.strictObject({
    method: z.string(),
    architecture: z.record(z.string(), z.unknown()),
    settings: z.record(z.string(), z.unknown()),
    pictures: z.int().nonnegative(),
    steps: z.int().nonnegative(),
    epochs: z.number().nonnegative(),
    loss: z.number().nullable(),
  }),
  /** How far the int8 graph is from the float one, on pictures that neither training nor calibration saw. */
  quantization: z.strictObject({
    calibrationPictures: z.int().nonnegative(),
    heldOutPictures: z.int().nonnegative(),
    /** Cosine between float and int8 embeddings after subtracting the mean embedding. */
    centredCosine: z.strictObject({ mean: share, firstPercentile: share, worst: share }),
    /** Share of int8 embeddings whose nearest float embedding is that of the same picture. */
    nearestIsOwn: z.number().min(0).max(1),
    /** Of a picture's ten nearest by float embeddings, the share that int8 embeddings find too, mean over the pictures. */
    knnAgreement: z.number().min(0).max(1).optional(),
    /** Residual blocks (`layer2.0`), or the stem (`conv1`), that stayed float because int8 lost too much in them. */
    floatLayers: z.array(z.strictObject({
      layer: z.string(),
      /** Mean centred cosine on the calibration pictures with this one and those before it in the list in float. */
      centredCosine: share,
    })).optional(),
    /** Size of the ONNX file. */
    bytes: floatAndInt8.optional(),
    /** Per picture in onnxruntime-web on one thread, median, on the machine that exported. */
    milliseconds: floatAndInt8.optional(),
  }).nullable(),
});
export type Manifest = z.infer<typeof manifestSchema>;

export interface Bundle {
  manifest: Manifest;
  /** The ONNX file's bytes, verified against the manifest. */
  encoder: Uint8Array;
}

export class BundleError extends Error {
  override name = "BundleError";
}

/**
 * The bundle's id: SHA-256, in hex, of the encoder's SHA-256 and the preprocessing in a fixed order. Two bundles
 * with one id give the same vector for the same picture.
 */
export async function bundleId(encoderSha256: string, preprocessing: Preprocessing): Promise<string> {
  const { fit, size, mean, std } = preprocessing;
  // JSON leaves out what is undefined.
  const shorterSide = preprocessing.fit === "crop" ? preprocessing.shorterSide : undefined;
  const facts = { encoderSha256, fit, size, mean, std, shorterSide };
  return await sha256Hex(new TextEncoder().encode(JSON.stringify(facts)));
}

/**
 * Parses and verifies a bundle from the bytes of its two files.
 *
 * @throws {BundleError} if the manifest is not valid, or the encoder is not the one that it names
 */
export async function openBundle(manifestJson: string, encoder: Uint8Array): Promise<Bundle> {
  const manifest = parseManifest(manifestJson);
  if (encoder.length !== manifest.encoder.bytes) {
    throw new BundleError(
      `Cannot open the bundle: encoder.onnx must have ${manifest.encoder.bytes} bytes: received ${encoder.length}`,
    );
  }
  const digest = await sha256Hex(encoder);
  if (digest !== manifest.encoder.sha256) {
    throw new BundleError(
      `Cannot open the bundle: encoder.onnx must have SHA-256 ${manifest.encoder.sha256}: received ${digest}`,
    );
  }
  const id = await bundleId(digest, manifest.preprocessing);
  if (id !== manifest.id) {
    throw new BundleError(
      `Cannot open the bundle: its contents have id ${id}: the manifest says ${manifest.id}`,
    );
  }
  return { manifest, encoder };
}

/** @throws {BundleError} if the text is not a manifest */
export function parseManifest(json: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new BundleError("Cannot open the bundle: manifest.json must be JSON", { cause });
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    throw new BundleError(
      `Cannot open the bundle: manifest.json is not valid:\n${z.prettifyError(result.error)}`,
    );
  }
  return result.data;
}
