import type { TensorMap } from "../checkpoint/safetensors.ts";
import type { TensorFlow } from "../tensorflow/load.ts";
import { createOperations } from "../tensorflow/operations.ts";
import type { Architecture } from "./architecture.ts";
import { createEncoder, type Encoder, toHost } from "./encoder.ts";
import { entropyTerm } from "./entropy.ts";
import { createOptimizer } from "./optimizer.ts";

type Scalar = TensorFlow.Scalar;
type Tensor1D = TensorFlow.Tensor1D;
type Tensor2D = TensorFlow.Tensor2D;
type Tensor4D = TensorFlow.Tensor4D;
type Variable = TensorFlow.Variable;

export interface MoCoSettings {
  architecture: Architecture;
  /** Keys in the queue; a multiple of the batch. */
  K: number;
  /** Momentum of the key encoder (paper, section 3.2). */
  m: number;
  /** Temperature of the softmax. */
  T: number;
  sgdMomentum: number;
  weightDecay: number;
  /** Parts of the batch that batch norm normalises apart. */
  bnSplits: number;
  /** Whether each view is a query and a key in turn (official CIFAR-10 demo). */
  symmetric: boolean;
  /** Whether a picture's own older keys in the queue are left out of its negatives. */
  skipOwnKeys?: boolean;
  /** Whether convolutions compute in bfloat16. */
  mixedPrecision?: boolean;
}

/** All that changes from step to step goes in as a tensor, so that a step can be traced into a graph. */
export interface StepInputs {
  /** The two views [N,S,S,3], normalised. */
  im_q: Tensor4D;
  im_k: Tensor4D;
  learningRate: Scalar;
  /** Of the entropy term; absent, there is none. */
  entropyWeight?: Scalar;
  /** int32 [N]: the order in which keys pass batch norm (shuffling BN), and the way back. */
  shuffle: Tensor1D;
  unshuffle: Tensor1D;
  /** int32 [N,1]: the queue's rows to replace; [2N,1] for a symmetric step. */
  slots: Tensor2D;
  /** [N,1]: which picture each row is of; needed for `skipOwnKeys`. */
  pictures?: Tensor2D;
}

export interface StepOutputs {
  loss: Scalar;
  /** Share of queries whose own key has the largest logit. */
  accuracy: Scalar;
  /** Mean squared distance of a query to its key (Wang and Isola, ICML 2020): 0 is perfect. */
  alignment: Scalar;
  /** Log of the mean of exp(-2 d^2) over the pairs of queries (the same): the lower, the better spread. */
  uniformity: Scalar;
  /** [N, 1+K] of im_q: the positive first. */
  logits: Tensor2D;
}

/**
 * Momentum Contrast for one device: the official code's `moco/builder.py` and the loop of `main_moco.py`.
 * Simplified against it: the queue is kept as rows [K, dim], and shuffling BN permutes within one batch, which
 * has an effect only together with `bnSplits`.
 */
export class MoCo {
  readonly query: Encoder;
  readonly key: Encoder;
  /** [K, dim], each row of unit norm. */
  readonly queue: Variable;
  /** [K, 1], for `skipOwnKeys`: which picture each key is of; -1 where that is not known. */
  readonly #queuePictures: Variable | undefined;
  readonly #tf: typeof TensorFlow;
  readonly #operations;
  readonly #optimizer;
  readonly #settings: MoCoSettings;

  /**
   * @param state `encoder_q.*`, `encoder_k.*`, `queue` [dim, K] and, when resuming, `optimizer.*`
   * @throws {RangeError} if a tensor is missing or has another shape than the settings give it
   */
  constructor(tf: typeof TensorFlow, settings: MoCoSettings, state: TensorMap) {
    const { architecture, K, sgdMomentum, weightDecay } = settings;
    this.#tf = tf;
    this.#settings = settings;
    this.#operations = createOperations(tf, { mixed: settings.mixedPrecision });
    this.query = createEncoder(tf, this.#operations, architecture, below(state, "encoder_q."), {
      trainable: true,
    });
    this.key = createEncoder(tf, this.#operations, architecture, below(state, "encoder_k."), {
      trainable: false,
    });
    const queue = state.get("queue");
    if (queue?.shape.join() !== [architecture.dim, K].join()) {
      throw new RangeError(
        `Cannot start MoCo: a queue of [${architecture.dim}, ${K}] is required: received [${queue?.shape}]`,
      );
    }
    this.queue = tf.tidy(() => tf.variable(tf.transpose(tf.tensor(queue.data, queue.shape)), false));
    if (settings.skipOwnKeys) {
      const pictures = state.get("queue_pictures")?.data ?? new Float32Array(K).fill(-1);
      this.#queuePictures = tf.tidy(() => tf.variable(tf.tensor(pictures, [K, 1]), false));
    }
    this.#optimizer = createOptimizer(
      tf,
      this.query.parameters,
      { sgdMomentum, weightDecay },
      below(state, "optimizer."),
    );
  }

  /** One training step. The caller disposes the outputs. */
  step(inputs: StepInputs): StepOutputs {
    const { im_q, im_k, learningRate, entropyWeight, shuffle, unshuffle, slots, pictures } = inputs;
    const tf = this.#tf;
    const { normalize, takeRows, replaceRows } = this.#operations;
    const { m, T, bnSplits, symmetric } = this.#settings;
    const mode = { training: true, splits: bnSplits } as const;

    return tf.tidy(() => {
      // The key encoder's parameters follow the query's; its statistics come from its own forward pass.
      for (const [name, key] of this.key.parameters) {
        key.assign(tf.add(tf.mul(key, m), tf.mul(this.query.parameters.get(name) as Variable, 1 - m)));
      }
      const keysOf = (view: Tensor4D) =>
        takeRows(normalize(this.key.project(takeRows(view, shuffle), mode)), unshuffle); // [N, dim]
      const pairs = [{ query: im_q, k: keysOf(im_k) }];
      if (symmetric) pairs.push({ query: im_k, k: keysOf(im_q) });

      const queue = this.queue as unknown as Tensor2D;
      const own = pictures && this.#queuePictures && this.#ownKeys(pictures, this.#queuePictures);

      const queries: Tensor2D[] = [];
      const logitsOf: Tensor2D[] = [];
      const { value: loss, grads } = tf.variableGrads(() => {
        const losses = pairs.map(({ query, k }) => {
          const q = normalize(this.query.project(query, mode)); // [N, dim]
          const l_pos = tf.sum(tf.mul(q, k), 1, true); // [N, 1]
          const l_all = tf.matMul(q, queue, false, true) as Tensor2D; // [N, K]
          const l_neg = own ? tf.sub(l_all, own) as Tensor2D : l_all;
          const logits = tf.div(tf.concat([l_pos, l_neg], 1), T) as Tensor2D; // [N, 1+K]
          queries.push(tf.keep(q));
          logitsOf.push(tf.keep(logits));
          // Cross-entropy with label 0: the positive key comes first.
          const loss = tf.neg(tf.mean(tf.slice(tf.logSoftmax(logits), [0, 0], [logits.shape[0], 1])));
          return (entropyWeight
            ? tf.add(loss, tf.mul(entropyWeight, entropyTerm(tf, q, k, l_neg)))
            : loss) as Scalar;
        });
        return tf.addN(losses);
      }, [...this.query.parameters.values()]);

      // One enqueue of all keys, after both losses; the demo puts those of the first view first.
      const keys = pairs.map(({ k }) => k).reverse();
      this.queue.assign(replaceRows(queue, slots, keys.length === 1 ? keys[0]! : tf.concat(keys)));
      if (pictures && this.#queuePictures) {
        const rows = keys.length === 1 ? pictures : tf.concat([pictures, pictures]) as Tensor2D;
        this.#queuePictures.assign(
          replaceRows(this.#queuePictures as unknown as Tensor2D, slots, rows),
        );
      }
      this.#optimizer.apply(grads, learningRate);

      const [q, logits] = [queries[0]!, logitsOf[0]!];
      const accuracy = tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), 0), "float32")) as Scalar;
      const outputs = { loss, accuracy, ...indicators(tf, q, pairs[0]!.k), logits };
      tf.dispose([...queries, ...logitsOf.slice(1)]);
      return outputs;
    });
  }

  /** [N, K]: what puts a picture's own older keys out of its reach (dot products are at most 1), 0 elsewhere. */
  #ownKeys(pictures: Tensor2D, queuePictures: Variable): Tensor2D {
    const tf = this.#tf;
    const same = tf.equal(pictures, tf.reshape(queuePictures, [1, -1]));
    return tf.mul(tf.cast(same, "float32"), 4);
  }

  /** Everything that a step changes, by the official code's names (and `optimizer.*`). */
  variables(): Map<string, Variable> {
    const prefixed = (prefix: string, variables: Map<string, Variable>) =>
      [...variables].map(([name, variable]) => [prefix + name, variable] as const);
    return new Map([
      ...prefixed("encoder_q.", this.query.parameters),
      ...prefixed("encoder_q.", this.query.statistics),
      ...prefixed("encoder_k.", this.key.parameters),
      ...prefixed("encoder_k.", this.key.statistics),
      ["queue", this.queue],
      ...(this.#queuePictures ? [["queue_pictures", this.#queuePictures] as const] : []),
      ...prefixed("optimizer.", this.#optimizer.buffers),
    ]);
  }

  /** Reads everything that training changes, in PyTorch's layouts. */
  state(): TensorMap {
    return hostState(this.#tf, this.variables());
  }

  /** x [N,S,S,3], normalised -> L2-normalised projections [N, dim] by the running statistics. */
  embed(x: Tensor4D): Tensor2D {
    return this.#tf.tidy(() => this.#operations.normalize(this.query.project(x, { training: false })));
  }

  dispose(): void {
    this.query.dispose();
    this.key.dispose();
    this.queue.dispose();
    this.#queuePictures?.dispose();
    this.#optimizer.dispose();
  }
}

/** Alignment and uniformity of a batch. q, k [N, dim], of unit norm. */
function indicators(
  tf: typeof TensorFlow,
  q: Tensor2D,
  k: Tensor2D,
): { alignment: Scalar; uniformity: Scalar } {
  const n = q.shape[0];
  const alignment = tf.mean(tf.sum(tf.squaredDifference(q, k), 1)) as Scalar;
  // |a - b|^2 = 2 - 2 a.b for unit vectors. A vector's pair with itself adds exp(0) n times, and is no pair.
  const potentials = tf.exp(tf.mul(tf.sub(tf.matMul(q, q, false, true), 1), 4)); // [N, N]
  const uniformity = tf.log(tf.div(tf.sub(tf.sum(potentials), n), n * (n - 1))) as Scalar;
  return { alignment, uniformity };
}

/** Reads a method's variables into PyTorch's layouts; the queue as [dim, K], as the official code keeps it. */
export function hostState(tf: typeof TensorFlow, variables: Map<string, TensorFlow.Tensor>): TensorMap {
  const queue = tf.transpose(variables.get("queue") as TensorFlow.Tensor);
  const state = toHost(tf, new Map([...variables, ["queue", queue]]));
  queue.dispose();
  return state;
}

/** The tensors whose names begin with `prefix`, under the rest of their names. */
export function below(tensors: TensorMap, prefix: string): TensorMap {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
