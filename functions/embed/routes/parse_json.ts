/** Deeper than any request has reason to be; what reads values by calling itself would run out of stack. */
const MAX_DEPTH = 64;

/** @throws {SyntaxError} if the text is not JSON, or JSON that is nested more than 64 deep */
export function parseJsonText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  let layer = [value];
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} deep`);
    layer = layer.flatMap((each) => typeof each === "object" && each !== null ? Object.values(each) : []);
  }
  return value;
}
