/** Deeper than any request has reason to be; what reads values by calling itself would run out of stack. */
const MAX_DEPTH = 64;

/** A list of 500 pictures has a few thousand. Checking millions of values against a schema would take minutes. */
const MAX_VALUES = 100_000;

/** @throws {SyntaxError} if the text is not JSON, or JSON that is nested more than 64 deep or has more than 100,000 values */
export function parseJsonText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let layer = [value], values = 0;
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} deep`);
    values += layer.length;
    if (values > MAX_VALUES) throw new SyntaxError(`it has more than ${MAX_VALUES} values`);
    layer = layer.flatMap((each) => typeof each === "object" && each !== null ? Object.values(each) : []);
  }
  return value;
}
