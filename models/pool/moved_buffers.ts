import type { InferenceAnswer, InferenceTask } from "../inference_task.ts";

/** The memory of a task's input: it moves to the thread that runs the task. */
export function inputBuffers({ input }: InferenceTask): ArrayBuffer[] {
  switch (input.kind) {
    case "image":
      return [input.bytes.buffer];
    case "text":
      return [];
    case "series":
      return [input.values.buffer];
  }
}

/** The memory of an answer: it moves back. */
export function answerBuffers(answer: InferenceAnswer): ArrayBuffer[] {
  return answer.verb === "embed" ? [answer.embedding.buffer] : [];
}
