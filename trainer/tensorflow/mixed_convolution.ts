import { type Attribute, TF_BFLOAT16, type TracingBackend } from "./binding.ts";
import type { TensorFlow } from "./load.ts";

type Tensor = TensorFlow.Tensor;
type Tensor4D = TensorFlow.Tensor4D;

interface Backend extends TracingBackend {
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): Tensor;
}

/**
 * A convolution, and its gradients, that computes in bfloat16 what comes in as float32 and goes out as float32: mixed
 * precision, whose weights and sums stay float32. The same exponents as float32 need no scaling of the loss.
 *
 * @returns x [N,H,W,in], weight [kernel,kernel,in,out] -> [N,H',W',out]
 */
export function createMixedConvolution(tf: typeof TensorFlow) {
  const backend = tf.engine().backend as unknown as Backend;
  const { TF_FLOAT, TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT, TF_ATTR_STRING } = backend.binding;

  /** Runs an operation in bfloat16. The package's tensors cannot be of that type, so they are only TensorFlow's. */
  function inBfloat16(operation: string, attributes: Attribute[], inputs: Tensor[]): Tensor {
    const { binding } = backend; // a recording one while a step is traced
    const temporary: number[] = [];
    const cast = (id: number, from: number, to: number) => {
      const casting = [
        { name: "SrcT", type: TF_ATTR_TYPE, value: from },
        { name: "DstT", type: TF_ATTR_TYPE, value: to },
        { name: "Truncate", type: TF_ATTR_BOOL, value: false },
      ];
      return binding.executeOp("Cast", casting, [id], 1)[0]!;
    };
    const ids = backend.getInputTensorIds(inputs).map((id, i) => {
      if (inputs[i]!.dtype === "int32") return id; // a shape
      const narrow = cast(id, TF_FLOAT, TF_BFLOAT16).id;
      temporary.push(narrow);
      return narrow;
    });
    const type = { name: "T", type: TF_ATTR_TYPE, value: TF_BFLOAT16 };
    const result = binding.executeOp(operation, [type, ...attributes], ids, 1)[0]!.id;
    const output = backend.createOutputTensor(cast(result, TF_BFLOAT16, TF_FLOAT));
    for (const id of [...temporary, result]) binding.deleteTensor(id);
    return output;
  }

  return (x: Tensor4D, weight: Tensor4D, stride: number, padding: "same" | "valid"): Tensor4D => {
    const attributes: Attribute[] = [
      { name: "strides", type: TF_ATTR_INT, value: [1, stride, stride, 1] },
      { name: "padding", type: TF_ATTR_STRING, value: padding.toUpperCase() },
      { name: "data_format", type: TF_ATTR_STRING, value: "NHWC" },
    ];
    const custom = tf.customGrad((input, filter, save) => {
      const [x, w] = [input as Tensor, filter as Tensor];
      (save as unknown as (tensors: Tensor[]) => void)([x, w]);
      return {
        value: inBfloat16("Conv2D", attributes, [x, w]),
        gradFunc: (dy: Tensor, saved: Tensor[]) => {
          const [x, w] = saved as [Tensor, Tensor];
          const sizes = (shape: number[]) => tf.tensor1d(shape, "int32");
          return [
            inBfloat16("Conv2DBackpropInput", attributes, [sizes(x.shape), w, dy]),
            inBfloat16("Conv2DBackpropFilter", attributes, [x, sizes(w.shape), dy]),
          ];
        },
      };
    });
    return custom(x, weight) as Tensor4D;
  };
}
