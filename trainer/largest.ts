/** Indices of the `count` largest values, the largest first; of equal ones the smaller index first. */
export function largest(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let index = 0; index < values.length; index++) {
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < values[index]!) place--;
    if (place >= count) continue;
    best.splice(place, 0, index);
    if (best.length > count) best.pop();
  }
  return best;
}
