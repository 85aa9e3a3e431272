/** Values at the points of a grid, between which others are interpolated: from `sides.length` channels to three. */
export interface ColourGrid {
  /** Points along each channel, at least two. */
  sides: number[];
  /** [...sides, 3] */
  values: Float32Array;
}

/**
 * Makes the function that interpolates in a grid: of the corners around a colour it takes those of the simplex that the
 * colour is in (of three channels: a tetrahedron), one more than there are channels. It writes three numbers to `result`.
 *
 * @param values 0..1 for each channel
 */
export function interpolator(
  { sides, values: grid }: ColourGrid,
): (values: ArrayLike<number>, result: Float64Array) => void {
  const channels = sides.length;
  const steps = sides.map((_, channel) => 3 * sides.slice(channel + 1).reduce((a, b) => a * b, 1));
  const fractions = new Float64Array(channels);
  const order = new Uint8Array(channels);
  return (values, result) => {
    let at = 0;
    for (let channel = 0; channel < channels; channel++) {
      const last = sides[channel]! - 1;
      const place = Math.min(1, Math.max(0, values[channel]!)) * last;
      const low = Math.min(Math.floor(place), last - 1);
      const fraction = place - low;
      fractions[channel] = fraction;
      at += low * steps[channel]!;
      // The channels by their fractions, the greatest first.
      let rank = channel;
      for (; rank > 0 && fractions[order[rank - 1]!]! < fraction; rank--) order[rank] = order[rank - 1]!;
      order[rank] = channel;
    }
    let before = 1;
    result.fill(0);
    for (let corner = 0; corner <= channels; corner++) {
      const after = corner < channels ? fractions[order[corner]!]! : 0;
      const share = before - after;
      result[0]! += share * grid[at]!;
      result[1]! += share * grid[at + 1]!;
      result[2]! += share * grid[at + 2]!;
      before = after;
      if (corner < channels) at += steps[order[corner]!]!;
    }
  };
}
