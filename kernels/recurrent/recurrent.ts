// Entry of the module: recurrent layers over the memory of the WASM backend of TensorFlow.js. It has
// no static data and allocates nothing, since the memory belongs to that backend.
export { runGruGradient, runGruResetAfterGradient } from "./gru_gradient";
export { runGru, runGruResetAfter } from "./gru";
export { runLstmGradient } from "./lstm_gradient";
export { runLstm } from "./lstm";
export { accumulateProduct } from "./multiply";
export { addBias, packMatrix } from "./pack";
export { runSimpleRnnGradient } from "./simple_rnn_gradient";
export { runSimpleRnn } from "./simple_rnn";
