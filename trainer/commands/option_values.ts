import { InvalidArgumentError } from "commander";

/** An option's value as a number of at least 0. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError("a number of at least 0 is required.");
  }
  return value;
}

/** As a whole number of at least 0. */
export function whole(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("a whole number is required.");
  return value;
}

/** As a whole number that is not smaller. */
export function atLeast(least: number): (text: string) => number {
  return function parse(text) {
    const value = whole(text);
    if (value < least) throw new InvalidArgumentError(`at least ${least} is required.`);
    return value;
  };
}

/** As a whole number of at least 1. */
export const positive = atLeast(1);
