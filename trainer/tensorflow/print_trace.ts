import type { TensorSpec, Trace } from "./trace.ts";

/** A trace as text, one line a step: what snapshots compare and people read. */
export function printTrace({ inputs, variables, steps, outputs, assignments }: Trace): string {
  const type = ({ dtype, shape }: TensorSpec) => `${dtype}[${shape}]`;
  const lines = [
    ...[...inputs].map(([name, spec]) => `input ${name}: ${type(spec)}`),
    ...[...variables].map(([name, spec]) => `variable ${name}: ${type(spec)}`),
    ...steps.map((step) =>
      step.kind === "constant"
        ? `${step.name}: ${type(step.spec)}`
        : `${step.name}(${step.inputs.join(", ")}): ${step.outputs.map(type).join(", ")}`
    ),
    ...[...assignments].map(([variable, value]) => `assign ${variable} = ${value}`),
    ...[...outputs].map(([name, value]) => `output ${name} = ${value}`),
  ];
  return lines.join("\n") + "\n";
}
