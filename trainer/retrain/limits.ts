import { z } from "zod";

const share = z.number().min(0).max(1);

/** How much worse than the current bundle a candidate may be, and what it must reach in any case. */
export const gateLimitsSchema = z.strictObject({
  /** Micro average precision on edited copies that may be lost. */
  copyMargin: share.default(0.02),
  /** Recall at 99 % precision that may be lost: more, since it hangs on few pairs. */
  recallMargin: share.default(0.05),
  /** Accuracy of kNN that may be lost, where the held-out pictures have classes. */
  knnMargin: share.default(0.02),
  /** What the first bundle must have over its own network untrained, in micro average precision. */
  learned: share.default(0.02),
  /** Share of the current bundle's effective rank that must remain. */
  rankShare: share.default(0.5),
  /** Least agreement of int8 with float, as `export` measured it. */
  int8Agreement: share.default(0.99),
  /** Largest share of pairs of different pictures that the bundle takes for copies. */
  falseCopies: share.default(0.01),
  /** Time for one picture, as a multiple of the current bundle's. */
  slower: z.number().positive().default(1.25),
  /** Size of the encoder, likewise. */
  larger: z.number().positive().default(1.25),
});
export type GateLimits = z.infer<typeof gateLimitsSchema>;
