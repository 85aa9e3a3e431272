import type * as ort from "onnxruntime-web";
import type { Bundle } from "./bundle.ts";
import { createSession, loadRuntime } from "./session.ts";

/** A bundle's encoder in a WebAssembly session of its own; its memory lives as long as the process. */
export interface Encoder {
  /** Length of one embedding. */
  readonly dimensions: number;
  /**
   * Embeds pictures. Calls on one encoder run one after another, in the order in which they were made; one that
   * fails does not hold up the next.
   *
   * @param input [count, 3, size, size], preprocessed as the bundle says
   * @returns [count, dimensions], each of unit L2 norm
   * @throws {EncoderError} if `input` has another length, or the graph does not run
   */
  embed(input: Float32Array, count: number): Promise<Float32Array>;
}

export class EncoderError extends Error {
  override name = "EncoderError";
}

/**
 * Loads a bundle's encoder into onnxruntime-web.
 *
 * @throws {EncoderError} if the runtime cannot load the graph, or its input and output are not the manifest's
 */
export async function createEncoder(bundle: Bundle): Promise<Encoder> {
  const { encoder: { input: inputName, output: outputName }, embedding: { dimensions }, preprocessing } =
    bundle.manifest;
  const valuesPerPicture = 3 * preprocessing.size ** 2;
  const session = await loadSession(bundle.encoder);
  const { Tensor } = await loadRuntime();
  requireName("input", inputName, session.inputNames);
  requireName("output", outputName, session.outputNames);

  const run = async (input: Float32Array, count: number): Promise<Float32Array> => {
    const shape = [count, 3, preprocessing.size, preprocessing.size];
    const tensor = new Tensor("float32", input, shape);
    let output: ort.Tensor | undefined;
    try {
      output = (await session.run({ [inputName]: tensor }, [outputName]))[outputName];
    } catch (cause) {
      throw new EncoderError(`Cannot embed: the graph must run on [${shape}]: it failed`, { cause });
    }
    if (!(output?.data instanceof Float32Array) || output.data.length !== count * dimensions) {
      throw new EncoderError(
        `Cannot embed: the graph must answer float32 [${count}, ${dimensions}]: received ${output?.type} [${output?.dims}]`,
      );
    }
    return output.data;
  };

  // onnxruntime-web throws "Session already started" when runs of one session overlap.
  let last: Promise<unknown> = Promise.resolve();
  return {
    dimensions,
    embed(input, count) {
      if (count < 1 || input.length !== count * valuesPerPicture) {
        return Promise.reject(
          new EncoderError(
            `Cannot embed: ${count} pictures must have ${
              count * valuesPerPicture
            } values: received ${input.length}`,
          ),
        );
      }
      const result = last.then(() => run(input, count));
      last = result.catch(() => {});
      return result;
    },
  };
}

async function loadSession(graph: Uint8Array): Promise<ort.InferenceSession> {
  try {
    return await createSession(graph);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EncoderError(
      `Cannot load the encoder: encoder.onnx must be a graph that onnxruntime-web runs: ${reason}`,
      { cause },
    );
  }
}

function requireName(kind: "input" | "output", name: string, names: readonly string[]): void {
  if (!names.includes(name)) {
    throw new EncoderError(
      `Cannot load the encoder: the graph must have the manifest's ${kind} "${name}": received ${
        names.join(", ")
      }`,
    );
  }
}
