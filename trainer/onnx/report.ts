import type { Report } from "./bundle.ts";

/** The report as a table for the terminal. */
export function formatReport(report: Report): string {
  const { centredCosine, nearestIsOwn, knnAgreement, floatLayers, bytes, milliseconds } = report;
  const megabytes = (count: number) => `${(count / 1e6).toFixed(2)} MB`;
  const ms = (time: number) => `${time.toFixed(1)} ms`;
  return [
    `int8 against float on ${report.heldOutPictures} held-out pictures (calibrated on ${report.calibrationPictures})`,
    `  centred cosine, mean            ${centredCosine.mean.toFixed(5)}`,
    `  centred cosine, 1st percentile  ${centredCosine.firstPercentile.toFixed(5)}`,
    `  centred cosine, worst           ${centredCosine.worst.toFixed(5)}`,
    `  nearest float is its own        ${(100 * nearestIsOwn).toFixed(2)} %`,
    `  the ten nearest stay the same   ${(100 * knnAgreement).toFixed(2)} %`,
    `  size                            ${megabytes(bytes.float)} float, ${megabytes(bytes.int8)} int8`,
    ...floatLayerLines(floatLayers),
    `  a picture on one thread         ${ms(milliseconds.float)} float, ${ms(milliseconds.int8)} int8`,
  ].join("\n");
}

function floatLayerLines(layers: Report["floatLayers"]): string[] {
  if (layers.length === 0) return ["  layers that stay float          none"];
  return layers.map(({ layer, centredCosine }, index) =>
    `${index === 0 ? "  layers that stay float          " : " ".repeat(34)}` +
    `${layer}: ${centredCosine.toFixed(5)} on calibration pictures with it`
  );
}

/** What int8 agrees with float less in than `minimum` asks, as one phrase each; none if the bundle may be written. */
export function shortfalls({ centredCosine, nearestIsOwn }: Report, minimum: number): string[] {
  const figures: [string, number][] = [
    ["the mean centred cosine", centredCosine.mean],
    ["the share of int8 embeddings whose nearest float embedding is their own", nearestIsOwn],
  ];
  return figures
    .filter(([, value]) => value < minimum)
    .map(([name, value]) => `${name} is ${value.toFixed(4)}, below ${minimum}`);
}
