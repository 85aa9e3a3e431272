/**
 * The covariance of features around zero.
 *
 * @param centred [pictures, dimensions], of mean zero
 * @returns [dimensions, dimensions]
 */
export function covarianceOf(centred: Float64Array, dimensions: number): Float64Array {
  const covariance = new Float64Array(dimensions ** 2);
  const pictures = centred.length / dimensions;
  for (let start = 0; start < centred.length; start += dimensions) {
    for (let i = 0; i < dimensions; i++) {
      const x = centred[start + i]! / pictures;
      for (let j = 0, at = i * dimensions; j <= i; j++, at++) covariance[at]! += x * centred[start + j]!;
    }
  }
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j < i; j++) covariance[j * dimensions + i] = covariance[i * dimensions + j]!;
  }
  return covariance;
}
