import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The package's own protobuf messages (google-protobuf's generated style), as far as they are used here. */
export interface Message {
  serializeBinary(): Uint8Array;
}
export interface AttrValue extends Message {
  setS(value: Uint8Array): void;
  setI(value: number): void;
  setF(value: number): void;
  setB(value: boolean): void;
  setType(value: number): void;
  setShape(value: Message): void;
  setTensor(value: Message): void;
  setList(value: Message): void;
}
interface NodeDef extends Message {
  setName(value: string): void;
  setOp(value: string): void;
  addInput(value: string): void;
  getAttrMap(): Map<string, AttrValue>;
}
export interface Messages {
  AttrValue: (new () => AttrValue) & { ListValue: new () => Message & { setIList(values: number[]): void } };
  NodeDef: new () => NodeDef;
  Tensor: new () => Message & {
    setDtype(value: number): void;
    setTensorShape(value: Message): void;
    setTensorContent(value: Uint8Array): void;
  };
  TensorShape: (new () => Message & { addDim(dim: Message): void }) & {
    Dim: new () => Message & { setSize(value: number): void };
  };
  GraphDef: new () => Message & { addNode(node: NodeDef): void; setVersions(value: Message): void };
  VersionDef: new () => Message & { setProducer(value: number): void };
  MetaGraphDef:
    & (new () => Message & {
      setMetaInfoDef(value: Message): void;
      setGraphDef(value: Message): void;
      getSignatureDefMap(): Map<string, Message>;
    })
    & { MetaInfoDef: new () => Message & { addTags(tag: string): void } };
  SignatureDef: new () => Message & {
    getInputsMap(): Map<string, Message>;
    getOutputsMap(): Map<string, Message>;
    setMethodName(value: string): void;
  };
  TensorInfo: new () => Message & {
    setName(value: string): void;
    setDtype(value: number): void;
    setTensorShape(value: Message): void;
  };
  SavedModel: new () => Message & {
    setSavedModelSchemaVersion(value: number): void;
    addMetaGraphs(value: Message): void;
  };
  DataType: Record<string, number>;
}

export const messages: Messages = require("@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js");
