import type { InferenceAnswer, InferenceTask } from "../inference_task.ts";

/** The memory of a task's input: it moves to the thread that runs the task. */
export function inputBuffers({ input }: InferenceTask): ArrayBuffer[] {
  switch (input.kind) {
    case "image":
      return [input.bytes.buffer];
    case "text":
      return input.state ? [input.state.buffer] : [];
    case "series":
      return [input.values.buffer, ...input.state ? [input.state.buffer] : []];
    case "vector":
    case "code":
      return [input.values.buffer];
    case "texts":
      return input.texts.flatMap(({ tokens, state }) => {
        return [tokens.buffer, ...state ? [state.buffer] : []];
      });
  }
}

/** The memory of an answer: it moves back. */
export function answerBuffers(answer: InferenceAnswer): ArrayBuffer[] {
  switch (answer.verb) {
    case "classify":
      return answer.state ? [answer.state.buffer] : [];
    case "predict": {
      const { outputs, state } = answer;
      return [...Object.values(outputs), ...state ? [state] : []].map(({ buffer }) => buffer);
    }
    case "embed":
      return [answer.embedding.buffer];
    case "generate":
      return answer.texts.flatMap(({ tokens, state }) => [tokens.buffer, state.buffer]);
    case "encode":
      return [answer.code.buffer];
    case "decode":
      return [answer.picture.buffer];
    case "reconstruct":
      return "picture" in answer ? [answer.picture.buffer] : [];
  }
}
