/** Shares of training after which the "steps" schedule divides by ten: 120 and 160 of 200 epochs. */
const STEPS = [0.6, 0.8];

/**
 * The learning rate when the share `done` (0..1) of training lies behind: a cosine from `start` to 0, or steps
 * (official code, main_moco.py, adjust_learning_rate; it moves once an epoch, this with every step).
 */
export function learningRateAt(schedule: "cosine" | "steps", start: number, done: number): number {
  if (schedule === "steps") return start * 0.1 ** STEPS.filter((step) => done >= step).length;
  return start * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
}
