/** Cosine schedule from `start` to 0 (official code, main_moco.py --cos); `done` is the share of training, 0..1. */
export function cosine(start: number, done: number): number {
  return start * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, done)));
}
