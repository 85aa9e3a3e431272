const LARGEST = 127; // -128 is left out, so that the levels are symmetric
const LARGEST_BIAS = 2 ** 30; // of int32, with room for the products that are added to it
const SMALLEST_SCALE = 1e-12; // a dead channel has no weights to tell its scale

/** Integers and, for each output channel, the value of one unit. */
export interface Quantized<Levels> {
  levels: Levels;
  scales: Float32Array;
}

/**
 * Quantizes weights to int8, symmetric, with one scale per output channel.
 *
 * @param weights output channel first
 * @param leastScales a scale for each output channel that its own may not go below
 */
export function quantizeWeights(
  weights: Float32Array,
  channels: number,
  leastScales: Float32Array = new Float32Array(channels),
): Quantized<Int8Array> {
  const perChannel = weights.length / channels;
  const levels = new Int8Array(weights.length);
  const scales = Float32Array.from({ length: channels }, (_, channel) => {
    const own = weights.subarray(channel * perChannel, (channel + 1) * perChannel);
    const largest = own.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    return Math.max(largest / LARGEST, leastScales[channel]!, SMALLEST_SCALE);
  });
  weights.forEach((w, i) => levels[i] = Math.round(w / scales[Math.floor(i / perChannel)]!));
  return { levels, scales };
}

/**
 * Quantizes a convolution as the integer kernels want it: the bias, in int32, counts in units of input scale x weight
 * scale. A channel whose bias is large for its weights (training all but killed it) gets a larger weight scale, so
 * that the bias fits.
 *
 * With the mean of each input channel, what the rounded weights make of those means is taken out of the bias, so that the
 * outputs keep theirs. Source: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction",
 * ICCV 2019, section 4.2; what lies outside the picture's edges is taken to be like what lies inside.
 *
 * @param weights output channel first
 * @param bias one per output channel
 * @param inputScale the scale of the convolution's uint8 input
 * @param inputMeans the mean of each input channel
 */
export function quantizeConvolution(
  weights: Float32Array,
  bias: Float32Array,
  inputScale: number,
  inputMeans?: Float64Array,
): { weight: Quantized<Int8Array>; bias: Quantized<Int32Array> } {
  const leastScales = bias.map((b) => Math.abs(b) / (inputScale * LARGEST_BIAS));
  const weight = quantizeWeights(weights, bias.length, leastScales);
  const scales = weight.scales.map((scale) => scale * inputScale);
  const kept = inputMeans ? bias.map((b, out) => b - meanError(weights, weight, inputMeans, out)) : bias;
  return { weight, bias: { levels: Int32Array.from(kept, (b, i) => Math.round(b / scales[i]!)), scales } };
}

/** By how much rounded weights raise the mean of an output channel. */
function meanError(
  weights: Float32Array,
  { levels, scales }: Quantized<Int8Array>,
  inputMeans: Float64Array,
  out: number,
): number {
  const perOut = weights.length / scales.length, window = perOut / inputMeans.length;
  let error = 0;
  for (let i = 0, at = out * perOut; i < perOut; i++, at++) {
    error += (levels[at]! * scales[out]! - weights[at]!) * inputMeans[Math.floor(i / window)]!;
  }
  return error;
}
